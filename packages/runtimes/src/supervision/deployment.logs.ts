import type { Instant } from "@sluice/core";
import { createLogFile, type LogFile } from "./log.file.ts";
import type { LogSource } from "./log.reader.ts";
import type { LogLimits } from "./policy.ts";

/** Both streams of an instance. */
export interface Output {
  stdout: LogFile;
  stderr: LogFile;
}

interface InstanceLogs extends Output {
  revision: number | null;
  ended: boolean;
}

/** The output of every instance of a deployment, living and recently ended. */
export interface DeploymentLogs {
  add(id: string, revision: number | null, folder: string, options?: { ended: boolean }): void;
  /** Throws for an instance that was not added. */
  of(id: string): Output;
  /** Sees what was printed until now; answers where error output ends. */
  look(id: string): Promise<number>;
  rotate(ids: Iterable<string>): Promise<void>;
  markEnded(id: string, folder: string): Promise<void>;
  drop(id: string): void;
  sources(): LogSource[];
}

export function createDeploymentLogs(limits: LogLimits, clock: () => Instant): DeploymentLogs {
  const logs = new Map<string, InstanceLogs>();
  const of = (id: string): InstanceLogs => {
    const own = logs.get(id);
    if (own === undefined) throw new Error(`instance ${id} has no log`);
    return own;
  };
  return {
    add(id, revision, folder, { ended } = { ended: false }) {
      const stdout = createLogFile(folder, "stdout", clock);
      logs.set(id, { revision, ended, stdout, stderr: createLogFile(folder, "stderr", clock) });
    },
    of,
    async look(id) {
      const { stdout, stderr } = of(id);
      await stdout.end();
      return stderr.end();
    },
    async rotate(ids) {
      for (const id of ids) {
        const own = logs.get(id);
        if (own === undefined) continue;
        await Promise.all([own.stdout.rotateIfLarge(limits), own.stderr.rotateIfLarge(limits)]);
      }
    },
    async markEnded(id, folder) {
      const own = logs.get(id);
      if (own === undefined) return;
      own.ended = true;
      await Promise.all([own.stdout.ended(folder, limits), own.stderr.ended(folder, limits)]);
    },
    drop: (id) => logs.delete(id),
    sources: () =>
      [...logs].flatMap(([instance, { revision, ended, stdout, stderr }]) => [
        { instance, revision, ended, stream: "stdout" as const, file: stdout },
        { instance, revision, ended, stream: "stderr" as const, file: stderr },
      ]),
  };
}
