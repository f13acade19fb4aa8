import { percentFromWeight, type Rollout, type Step, weightOf } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { Crash } from "./crash.ts";
import { callHook } from "./hook.request.ts";
import { finishHookCall, hookCalls } from "./hook.store.ts";
import { wakeDeployment } from "./wake.ts";

export interface HookCaller {
  /** Calls the hook of the rollout's current step unless it is being called here, or has its answer. Returns at once. */
  ensure(rollout: Rollout, step: Extract<Step, { type: "hook" }>): void;
  /** Gives up waiting for answers; the calls are repeated after the next start. */
  close(): Promise<void>;
}

interface HookDeps {
  db: Kysely<Database>;
  logger: Logger;
  crash: Crash;
}

/**
 * Hooks are called at least once: a call whose server died before its answer was on disk is repeated under the same
 * `webhook-id`. An answer that is on disk is never asked for again (edge case 38).
 */
export function createHookCaller({ db, logger, crash }: HookDeps): HookCaller {
  const calls = new Map<string, Promise<void>>();
  const closing = new AbortController();

  const run = async (rollout: Rollout, step: number, { url, timeoutSeconds }: Extract<Step, { type: "hook" }>) => {
    const known = await hookCalls(db, rollout.id);
    if (known.find((call) => call.step === step)?.status !== "running") return;
    crash("before-hook");
    const weight =
      rollout.desired.split === null ? 0 : percentFromWeight(weightOf(rollout.desired.split, rollout.toRevision));
    const call = { rollout: rollout.id, deployment: rollout.deployment, step, weight, url, timeoutSeconds };
    const result = await callHook(call, new Date(), closing.signal);
    if (closing.signal.aborted) return;
    crash("after-hook");
    await db.transaction().execute(async (tx) => {
      await finishHookCall(tx, rollout.id, step, result, new Date());
      await wakeDeployment(tx, rollout.deployment);
    });
  };

  return {
    ensure(rollout, step) {
      const key = `${rollout.id}/${rollout.step}`;
      if (calls.has(key) || closing.signal.aborted) return;
      const call = run(rollout, rollout.step, step)
        .catch((error: unknown) =>
          logger.warn({ err: error, rollout: rollout.id }, "a hook's answer was not recorded; it will be called again"),
        )
        .finally(() => calls.delete(key));
      calls.set(key, call);
    },
    async close() {
      closing.abort();
      await Promise.all(calls.values());
    },
  };
}
