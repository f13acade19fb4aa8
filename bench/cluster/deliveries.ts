import { type Event, isFinished, ok, type Rollout, TERMINAL_PHASES } from "@sluice/client";
import type { System } from "../../test/end-to-end/system.ts";
import { atOnce } from "./figures.ts";
import { ARTIFACT, ENVIRONMENT, VERSIONS } from "./place.ts";

/** Requests to the server that are under way at once. */
const PLACES = 8;
const WAIT_SECONDS = 5;

const TERMINAL = new Set<unknown>(TERMINAL_PHASES);

/** Three weights, with a pause after each. */
export const CANARY = {
  type: "canary" as const,
  steps: [5, 25, 50].flatMap((setWeight) => [{ setWeight }, { wait: { seconds: WAIT_SECONDS } }]),
  keepStableSeconds: 0,
};
export const CONFIG = { replicas: 1, healthCheck: { path: "/healthz" }, progressDeadlineSeconds: 1_800 };

export const deploymentNames = (count: number): string[] => Array.from({ length: count }, (_, index) => `app-${index}`);

export interface Ended {
  /** At their end, which is a good one. */
  rollouts: Rollout[];
  /** What happened meanwhile. */
  events: Event[];
}

/** Makes deployments, all at once. */
export async function createAll(system: System, names: readonly string[]): Promise<Ended> {
  const { http } = system.client;
  return allEnded(system, async (begun) => {
    await atOnce(PLACES, names, async (name) => {
      const { rollout } = await ok(
        http.POST("/v1/deployments", {
          body: {
            ...{ name, artifact: ARTIFACT, version: VERSIONS[0], environment: ENVIRONMENT, config: CONFIG },
            ...{ route: { path: `/${name}` }, strategy: { type: "immediate", keepStableSeconds: 0 } },
          },
        }),
      );
      begun(rollout.id);
    });
  });
}

/** Moves deployments to the other version by canaries, all at once. */
export async function rollOutAll(system: System, names: readonly string[]): Promise<Ended> {
  const { http } = system.client;
  return allEnded(system, async (begun) => {
    await atOnce(PLACES, names, async (id) => {
      const params = { path: { id }, query: { environment: ENVIRONMENT } };
      const body = { version: VERSIONS[1], strategy: CANARY };
      const { rollout } = await ok(http.PATCH("/v1/deployments/{id}", { params, body }));
      if (!rollout) throw new Error(`nothing changed in ${id}`);
      begun(rollout.id);
    });
  });
}

/** Follows the server's events, which costs it less than to be asked about each rollout. */
async function allEnded(system: System, begin: (begun: (id: string) => void) => Promise<void>): Promise<Ended> {
  const over = new AbortController();
  const begun = new Set<string>();
  const ended = new Set<string>();
  const seen: Event[] = [];
  const events = system.client.events({ signal: over.signal });
  // Asked for before anything begins, so that it is open by then; who ends before that is found out afterwards.
  let next = events.next();
  await begin((id) => begun.add(id));
  for (const rollout of await rolloutsOf(system, begun)) if (isFinished(rollout)) ended.add(rollout.id);
  while (!begun.isSubsetOf(ended)) {
    const { value: event, done } = await next;
    if (done === true) throw new Error("the server's events ended");
    next = events.next();
    seen.push(event);
    if (event.type === "rollout.phase.changed" && event.rollout !== null && TERMINAL.has(event.data.to))
      ended.add(event.rollout);
  }
  over.abort();
  await next.catch(() => undefined);
  const rollouts = await rolloutsOf(system, begun);
  const bad = rollouts.find(({ phase }) => phase !== "completed");
  if (bad !== undefined) throw new Error(`a rollout of ${bad.deployment} ended ${bad.phase}: ${bad.reason}`);
  return { rollouts, events: seen };
}

async function rolloutsOf({ client }: System, ids: Iterable<string>): Promise<Rollout[]> {
  const found: Rollout[] = [];
  await atOnce(PLACES, [...ids], async (id) => {
    found.push(await ok(client.http.GET("/v1/rollouts/{id}", { params: { path: { id } } })));
  });
  return found;
}

/** Milliseconds between the moment a pause was over and the moment the rollout went on. */
export function lateness({ events }: Ended): number[] {
  const begun = new Map<string, string>();
  return events.flatMap(({ type, rollout, data, at }) => {
    const step = `${rollout} ${data.step}`;
    if (type === "rollout.step.started") begun.set(step, at);
    const from = begun.get(step);
    if (type !== "rollout.step.finished" || data.type !== "wait" || from === undefined) return [];
    return millisecondsBetween(from, at) - WAIT_SECONDS * 1_000;
  });
}

/** Milliseconds that each took from its beginning to its end. */
export const durations = ({ rollouts }: Ended): number[] =>
  rollouts.map(({ createdAt, finishedAt }) => millisecondsBetween(createdAt, finishedAt));

const millisecondsBetween = (from: string | null, to: string | null): number =>
  Date.parse(to ?? "") - Date.parse(from ?? "");
