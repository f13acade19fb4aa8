import type { Instant, Stage, StopCause, TaskState, TemplateValues } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../../db/schema.ts";
import type { Services } from "../../http/services.ts";
import type { AttemptResult, StoredAttempt } from "../attempt.store.ts";
import type { StoredRun } from "../run.store.ts";

/** What a step of any kind may use. */
export interface StepDeps {
  db: Kysely<Database>;
  services: Services;
  /** Absolute; files of runs are in `workflows/` inside it. */
  dataDir: string;
  /** Folder that checkouts are in. */
  root: string;
  /** What commands inherit. */
  programEnv: Readonly<Record<string, string>>;
  osvDir: string | null;
  gatewayUrl: string;
  logger: Logger;
  now: () => Instant;
  /** The run is to be looked at again; a hint, and cheap. */
  changed(run: string): void;
}

/** One attempt of one stage. */
export interface StepContext {
  stored: StoredRun;
  stage: Stage;
  task: TaskState;
  values: TemplateValues;
}

export interface StepOutcome {
  status: "succeeded" | "failed" | "lost";
  result: AttemptResult;
}

/** How a kind of step is done. Every function may be called again at any time, also by the next server. */
export interface StepWork {
  /**
   * What must happen once and no more: done in the transaction that writes the attempt down, or not at all.
   * Answers what `look` needs to know. Throws `SluiceError` for what cannot be begun.
   */
  begin?(context: StepContext): Promise<AttemptResult>;
  /** How it stands: null while it goes on. Sees to it that it does go on. */
  look(context: StepContext, attempt: StoredAttempt): Promise<StepOutcome | null>;
  /** Makes it end soon; how, `look` tells. */
  stop(context: StepContext, attempt: StoredAttempt, cause: StopCause): Promise<void>;
  /** Stops looking after what goes on in this process. */
  close?(): Promise<void>;
}

export const succeeded = (result: AttemptResult): StepOutcome => ({ status: "succeeded", result });

export const failed = (reason: string, result: AttemptResult = {}): StepOutcome => ({
  status: "failed",
  result: { ...result, reason },
});
