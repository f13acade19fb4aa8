import { createLogFile, type LogFile } from "./log.file.ts";
import type { LogSource } from "./log.reader.ts";
import type { LogLimits } from "./process.types.ts";

interface InstanceLogs {
  revision: number | null;
  ended: boolean;
  stdout: LogFile;
  stderr: LogFile;
}

/** The output of every instance of a deployment, living and recently ended. */
export interface DeploymentLogs {
  add(id: string, revision: number | null, folder: string, options?: { ended: boolean }): void;
  errors(id: string): LogFile | undefined;
  rotate(ids: Iterable<string>): Promise<void>;
  markEnded(id: string, folder: string): Promise<void>;
  drop(id: string): void;
  sources(): LogSource[];
}

export function createDeploymentLogs(limits: LogLimits): DeploymentLogs {
  const logs = new Map<string, InstanceLogs>();
  return {
    add(id, revision, folder, { ended } = { ended: false }) {
      const stdout = createLogFile(folder, "stdout");
      logs.set(id, { revision, ended, stdout, stderr: createLogFile(folder, "stderr") });
    },
    errors: (id) => logs.get(id)?.stderr,
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
