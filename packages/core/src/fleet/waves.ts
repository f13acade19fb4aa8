import type { EnvironmentSpec } from "../environment/environment.schema.ts";
import { connectionOf, type Target, targetName } from "../environment/target.schema.ts";
import { invalidField } from "../errors.ts";
import { planDuration } from "../rollout/progress.ts";
import { compileSteps } from "../strategy/compile.ts";
import type { Step, Strategy } from "../strategy/strategy.types.ts";
import type { Wave, WaveFailure } from "./wave.schema.ts";

/** How one rollout reaches its targets, copied from the environment when it was asked for. */
export interface WavePlan {
  waves: Wave[];
  /** What becomes of the whole when one target fails: hold it there, or take every target back. */
  onFailure: WaveFailure;
}

type Targets = Pick<EnvironmentSpec, "targets" | "waves" | "onWaveFailure">;

/** Whether a rollout in this environment reaches more than one target. */
export const hasWaves = ({ targets }: Pick<EnvironmentSpec, "targets">): boolean => targets.length > 1;

/** The waves as they are meant: those that are written down, or one target after the other. */
export const wavesOf = ({ targets, waves }: Pick<Targets, "targets" | "waves">): Wave[] =>
  waves ?? targets.map((target) => ({ targets: [targetName(target)], bakeSeconds: 0, maxParallel: null }));

/** Without a word of the environment, a strategy that turns back by itself turns all targets back. */
export function wavePlanOf(environment: Targets, { autoRollback, onFailure }: Strategy): WavePlan {
  const turnsBack = autoRollback && onFailure === "rollback";
  return { waves: wavesOf(environment), onFailure: environment.onWaveFailure ?? (turnsBack ? "rollback" : "stop") };
}

/** All targets at once, as a way back goes: what is wrong is wrong everywhere, and no callers are to wait for their turn. */
export const together = ({ waves }: WavePlan): WavePlan => ({
  waves: [{ targets: waves.flatMap(({ targets }) => targets), bakeSeconds: 0, maxParallel: null }],
  // Taking a way back back would bring what was wrong again.
  onFailure: "stop",
});

/**
 * One step for each wave, with a wait after each that bakes. `seconds` is how long a wave takes at least where every target
 * has something to compare the candidate with; 0 on the way to a revision that was promoted before.
 */
export function waveSteps({ waves }: WavePlan, strategy: Strategy, fastTrack: boolean): Step[] {
  const each = fastTrack ? 0 : planDuration(compileSteps(strategy), strategy.monitoringSeconds).shortestSeconds;
  return waves.flatMap(({ targets, bakeSeconds, maxParallel }): Step[] => {
    const most = Math.min(maxParallel ?? targets.length, targets.length);
    const seconds = each * Math.ceil(targets.length / most);
    const wave: Step = { type: "wave", targets, maxParallel: most, seconds };
    return bakeSeconds === 0 || fastTrack ? [wave] : [wave, { type: "wait", seconds: bakeSeconds }];
  });
}

/**
 * Throws `invalid_argument` unless every target is in exactly one wave, and no two targets are the same place: two names for
 * one namespace of one cluster would write over each other's objects.
 */
export function assertWaves({ targets, waves }: Pick<Targets, "targets" | "waves">): void {
  assertPlaces(targets);
  if (waves === null) return;
  const names = targets.map(targetName);
  const seen = new Set<string>();
  for (const [at, wave] of waves.entries()) {
    for (const [index, name] of wave.targets.entries()) {
      const field = `waves[${at}].targets[${index}]`;
      if (!names.includes(name)) throw invalidField(field, name, `a target of this environment: ${names.join(", ")}`);
      if (seen.has(name)) throw invalidField(field, name, "a target that no wave before has");
      seen.add(name);
    }
  }
  const left = names.filter((name) => !seen.has(name));
  if (left.length > 0)
    throw invalidField("waves", [...seen], `every target in one wave; ${left.join(", ")} is in none`);
}

function assertPlaces(targets: readonly Target[]): void {
  const places = targets.map(placeOf);
  const again = places.findIndex((place, at) => place !== null && places.indexOf(place) < at);
  const target = targets[again];
  if (target === undefined) return;
  const allowed = "another context or namespace than the targets before";
  throw invalidField(`targets[${again}]`, targetName(target), allowed);
}

/** Null where deployments are told apart by more than their names. */
const placeOf = (target: Target): string | null =>
  target.type === "kubernetes" ? `${connectionOf(target)} ${target.namespace ?? ""}` : null;
