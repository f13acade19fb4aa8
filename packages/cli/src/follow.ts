import type { Deployment, Rollout } from "@sluice/client";
import type { WaitFlags } from "./command.ts";
import { EXIT, type ExitCode, exitCodeOf } from "./exit.ts";
import type { Session } from "./session.ts";
import { movement } from "./views/rollout.ts";
import { watchRollout } from "./watch/watch.ts";

export interface Started {
  deployment: Deployment;
  /** Null when there was nothing to do. */
  rollout: Rollout | null;
}

/** Prints what a change has set off. With `--wait` it is watched to its end, which then decides the exit code. */
export async function printStarted(
  session: Session,
  flags: WaitFlags & { strategy?: string },
  started: Started,
): Promise<ExitCode> {
  const { rollout, deployment } = started;
  if (rollout === null) {
    session.print(started, () => `${deployment.name} in ${deployment.environment} is as wanted already`);
    if (flags.strategy !== undefined) session.note(unusedStrategy(flags.strategy, deployment.activeRollout));
    return EXIT.ok;
  }
  if (flags.wait !== true) {
    session.print(started, () => `${deployment.name} in ${deployment.environment}: ${announce(rollout)}`);
    session.note(`Watch it with: sluice rollout watch ${rollout.id}`);
    return EXIT.ok;
  }
  return followRollout(session, flags, rollout.id, (ended) => ({ ...started, rollout: ended }));
}

/** Prints the rollout that carries a command out; with `--wait` it is watched to its end. */
export async function printRollout(session: Session, flags: WaitFlags, rollout: Rollout): Promise<ExitCode> {
  if (flags.wait === true) return followRollout(session, flags, rollout.id);
  session.print(rollout, () => announce(rollout));
  return EXIT.ok;
}

/** Watches a rollout to its end and says how it ended. For machines, `shape` of the ended rollout is printed. */
export async function followRollout(
  session: Session,
  flags: WaitFlags,
  id: string,
  shape: (rollout: Rollout) => unknown = (rollout) => rollout,
): Promise<ExitCode> {
  const ended = await watchRollout(session, id, flags.timeout === undefined ? {} : { timeoutMs: flags.timeout });
  if (session.output !== "table") session.print(shape(ended), () => "");
  return exitCodeOf(ended.phase);
}

/** A strategy belongs to one change and is not kept: whoever names one without a change has to hear that it did nothing. */
const unusedStrategy = (strategy: string, active: string | null): string =>
  [
    `Nothing to roll out changed, so --strategy ${strategy} was not used: a strategy applies to the next change only. Name it again with that change.`,
    ...(active === null ? [] : [`Rollout ${active} goes on with the strategy that it began with.`]),
  ].join(" ");

/** `rollout rol_… (1.0.0 → 1.1.0, canary) is queued`. */
export const announce = (rollout: Rollout): string =>
  `rollout ${rollout.id} (${movement(rollout)}, ${rollout.strategy.type}) is ${rollout.phase}`;
