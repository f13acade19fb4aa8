import { createHash } from "node:crypto";
import { beginCommand, type CommandResult, killCommand, lookAtCommand, stopCommand } from "@sluice/runtimes";
import type { AttemptKey, StoredAttempt } from "../attempt.store.ts";
import { orderOf } from "./command.order.ts";
import { commandName } from "./command.paths.ts";
import { isSluiceProblem } from "./problem.ts";
import { failed, type StepContext, type StepDeps, type StepOutcome, type StepWork } from "./step.types.ts";

const LOST = "the server died while it ran, and nobody knows how it ended";

/** A command in a folder of its own. Its host does the work, with or without this server. */
export function commandStep(deps: StepDeps): StepWork {
  const beginning = new Set<string>();

  return {
    async look(context, attempt) {
      const name = commandName(deps.dataDir, attempt);
      if (beginning.has(name.id)) return null;
      const state = lookAtCommand(name);
      if (state.kind === "running") return null;
      if (state.kind === "ended") return outcomeOf(attempt, state.result);
      if (state.kind === "lost") {
        killCommand(name);
        return { status: "lost", result: { reason: LOST } };
      }
      // What was told to stop while it was being begun is not begun again.
      return context.task.stop === null ? begin(context, attempt) : failed("it was stopped before it began");
    },
    async stop(_context, attempt, cause) {
      const name = commandName(deps.dataDir, attempt);
      if (cause !== "timeout") return stopCommand(name);
      // Its host keeps the time too, and a little better: it is asked only once it is late.
      if (deps.now() - attempt.startedAt.getTime() > LATE_MS) stopCommand(name);
    },
  };

  async function begin(context: StepContext, attempt: StoredAttempt): Promise<StepOutcome | null> {
    const name = commandName(deps.dataDir, attempt);
    beginning.add(name.id);
    try {
      const order = await orderOf(deps, context, attempt);
      await beginCommand(order, () => deps.changed(attempt.run));
      return null;
    } catch (error) {
      if (isSluiceProblem(error)) return failed(error.message, { hopeless: true });
      deps.logger.warn({ err: error, ...keyOf(attempt) }, "a command could not be begun");
      return failed("its process could not be started; see the server's log");
    } finally {
      beginning.delete(name.id);
    }
  }
}

const LATE_MS = 5_000;

const keyOf = ({ run, task, attempt }: AttemptKey) => ({ run, task, attempt });

function outcomeOf({ task, attempt }: AttemptKey, { status, artifacts, ...result }: CommandResult): StepOutcome {
  const identified = artifacts.map((file) => ({ id: artifactId(task, attempt, file.name, file.path), ...file }));
  return { status, result: { ...result, artifacts: identified } };
}

/** The same for the same file, and nothing to guess from. */
const artifactId = (task: string, attempt: number, name: string, path: string): string =>
  createHash("sha256")
    .update(JSON.stringify([task, attempt, name, path]))
    .digest("hex")
    .slice(0, 20);
