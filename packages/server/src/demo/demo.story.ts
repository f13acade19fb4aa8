import {
  type EnvironmentSpec,
  environmentSchema,
  type Instant,
  type Strategy,
  seconds,
  strategySchema,
} from "@sluice/core";

/** What a demo is made of: a small real program, in an environment of its own, so that no rule of yours stands in its way. */
export const DEMO = {
  artifact: "demo-greeter",
  deployment: "demo-greeter",
  environment: "demo",
  /** Of the artifact: who made it, and whether it is being taken away. */
  label: "sluice.dev/demo",
} as const;

export const FIRST = "1.0.0";
/** The one to look at. */
export const GOOD = "1.1.0";
const BAD = "1.2.0";

const MODES = { [FIRST]: "good", [GOOD]: "good", [BAD]: "failing" } as const;

/** @param command what starts the greeter */
export const versionsOf = (command: readonly string[]) =>
  Object.entries(MODES).map(([version, mode]) => ({
    version,
    spec: { command, env: { MODE: mode, VERSION: version } },
  }));

export const ENVIRONMENT: EnvironmentSpec = environmentSchema.parse({
  tier: "custom",
  targets: [{ type: "process" }],
  limits: { memoryMb: 512, cpuCores: 1, storageGb: 1 },
});

export const CONFIG = {
  replicas: 2,
  healthCheck: { path: "/healthz", intervalSeconds: 1 },
  resources: { limits: { cpu: "0.5", memory: "256Mi" } },
};

export const pathOf = (project: string): string => `/demo/${project}`;

/** Slow enough to be watched, and one after the other. */
const canary = (steps: object[]): Strategy =>
  strategySchema.parse({
    type: "canary",
    steps,
    monitoringSeconds: 15,
    holdbackPercentage: 10,
    onConflict: "queue",
    analysis: { minimumSamples: 20, metrics: [{ name: "error_rate" }, { name: "latency", maxIncreaseMs: 100 }] },
  });

/** The first version is simply there; the second goes well; the third answers every caller with an error. */
export const CHANGES: readonly { version: string; strategy: Strategy }[] = [
  {
    version: GOOD,
    strategy: canary([
      ...[{ setWeight: 10 }, { analyze: { seconds: 15 } }, { setWeight: 30 }, { analyze: { seconds: 15 } }],
      ...[{ setWeight: 60 }, { wait: { seconds: 15 } }, { setWeight: 100 }],
    ]),
  },
  { version: BAD, strategy: canary([{ setWeight: 10 }, { analyze: { seconds: 30 } }, { setWeight: 100 }]) },
];

/** Callers a second, and the longest that they come. */
export const CALLERS = { perSecond: 40, most: seconds(600) };
/** How long they still come when nothing moves any more, so that the end can be looked at. */
const AFTERWARDS = seconds(30);
/** How long nothing need be there yet: what began it may not be on disk. */
export const GRACE = seconds(15);

export interface TrafficWatch {
  begunAt: Instant;
  /** When something last moved. */
  movedAt: Instant;
}

/** What of the demo's deployment the traffic depends on; null: there is none. */
export type Served = { serves: boolean; moves: boolean; deleting: boolean } | null;

/** Whether callers are to come now: not yet, or still, or never again. */
export function callersNow(served: Served, { begunAt, movedAt }: TrafficWatch, now: Instant): "wait" | "send" | "end" {
  if (now - begunAt >= CALLERS.most) return "end";
  if (served === null) return now - begunAt < GRACE ? "wait" : "end";
  if (served.deleting) return "end";
  if (served.moves) return served.serves ? "send" : "wait";
  return served.serves && now - movedAt < AFTERWARDS ? "send" : "end";
}
