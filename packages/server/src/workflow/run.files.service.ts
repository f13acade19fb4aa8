import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { isRunEnded, isTaskEnded, SluiceError } from "@sluice/core";
import { commandFolder } from "@sluice/runtimes";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import { type ArtifactFile, type AttemptKey, attemptsOf } from "./attempt.store.ts";
import { nodeId } from "./node.id.ts";
import { urlOfNode } from "./node.store.ts";
import { type RunLogLine, readRunLogs } from "./run.logs.ts";
import type { WorkflowRuns } from "./run.service.ts";
import { findRun, type RunKind, type StoredRun } from "./run.store.ts";
import { commandName } from "./step/command.paths.ts";

/** Whose lines: of one stage, of one combination of its matrix, of one attempt. */
export interface LogQuery {
  stage?: string | undefined;
  task?: string | undefined;
  attempt?: number | undefined;
  follow: boolean;
}

export interface RunArtifact extends ArtifactFile, AttemptKey {
  stage: string;
}

export interface WorkflowFiles {
  /** Throws `not_found`, and `unavailable` where another server keeps the run's files. */
  logs(
    principal: Principal,
    id: string,
    kind: RunKind,
    query: LogQuery,
  ): Promise<(signal: AbortSignal) => AsyncIterable<RunLogLine[]>>;
  artifacts(principal: Principal, id: string): Promise<RunArtifact[]>;
  artifact(principal: Principal, id: string, artifact: string): Promise<{ file: RunArtifact; content: Readable }>;
}

interface Deps {
  db: Kysely<Database>;
  dataDir: string;
  runs: Pick<WorkflowRuns, "getRun">;
}

/** What runs leave in the data folder of the server that ran them. */
export function createWorkflowFiles({ db, dataDir, runs }: Deps): WorkflowFiles {
  const requireHere = async ({ run, node }: StoredRun): Promise<void> => {
    if (node === null || node === (await nodeId(dataDir))) return;
    const url = await urlOfNode(db, node);
    const where = url === null ? "a server that is not known any more" : `the server at ${url}`;
    throw new SluiceError("unavailable", `the files of run ${run.id} are kept by ${where}; ask that one`);
  };

  const attempts = async (
    { run }: StoredRun,
    { stage, task, attempt }: Omit<LogQuery, "follow">,
  ): Promise<AttemptKey[]> => {
    const tasks = run.tasks.filter((one) => (stage ?? one.stage) === one.stage && (task ?? one.key) === one.key);
    const keys = tasks.flatMap(({ key, attempt: last, carriedFrom, startedAt }) => {
      const from = carriedFrom ?? { run: run.id, attempt: last };
      return from.attempt === 0 ? [] : [{ run: from.run, task: key, attempt: attempt ?? from.attempt, startedAt }];
    });
    return keys
      .toSorted((left, right) => (left.startedAt ?? 0) - (right.startedAt ?? 0))
      .map(({ startedAt: _started, ...key }) => key);
  };

  const artifacts = async (stored: StoredRun): Promise<RunArtifact[]> => {
    const found: RunArtifact[] = [];
    for (const key of await attempts(stored, {})) {
      const known = (await attemptsOf(db, key.run)).find((one) => one.task === key.task && one.attempt === key.attempt);
      const stage = stored.run.tasks.find((task) => task.key === key.task)?.stage ?? key.task;
      found.push(...(known?.result.artifacts ?? []).map((file) => ({ ...file, ...key, stage })));
    }
    return found;
  };

  return {
    async logs(principal, id, kind, query) {
      const stored = await runs.getRun(principal, id, kind);
      await requireHere(stored);
      assertKnown(stored, query);
      const sources = async () => {
        const now = (await findRun(db, id)) ?? stored;
        const tasks = now.run.tasks.filter(
          (one) => (query.stage ?? one.stage) === one.stage && (query.task ?? one.key) === one.key,
        );
        const ended = isRunEnded(now.run.status) || tasks.every(({ status }) => isTaskEnded(status));
        return { attempts: await attempts(now, query), ended };
      };
      return (signal) => readRunLogs(dataDir, sources, { follow: query.follow, signal });
    },

    artifacts: async (principal, id) => artifacts(await runs.getRun(principal, id, "workflow")),

    async artifact(principal, id, artifact) {
      const stored = await runs.getRun(principal, id, "workflow");
      const file = (await artifacts(stored)).find((one) => one.id === artifact);
      if (file === undefined) throw new SluiceError("not_found", `run ${id} has no artifact ${artifact}`);
      await requireHere(stored);
      const path = join(commandFolder(commandName(dataDir, file).folder).artifacts, file.name, file.path);
      const there = await stat(path).catch(() => null);
      if (there === null) throw new SluiceError("not_found", `the artifacts of run ${id} are not kept any more`);
      return { file, content: createReadStream(path) };
    },
  };
}

/** Throws `not_found` for a stage or a task that the run does not have. */
function assertKnown({ run }: StoredRun, { stage, task }: LogQuery): void {
  const stages = [...new Set(run.tasks.map((one) => one.stage))];
  if (stage !== undefined && !stages.includes(stage)) {
    throw new SluiceError("not_found", `run ${run.id} has no stage ${stage}; it has ${stages.join(", ")}`);
  }
  if (task !== undefined && !run.tasks.some(({ key }) => key === task)) {
    throw new SluiceError(
      "not_found",
      `run ${run.id} has no task ${task}; it has ${run.tasks.map(({ key }) => key).join(", ")}`,
    );
  }
}
