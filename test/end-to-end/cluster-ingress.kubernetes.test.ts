import { ok } from "@sluice/client";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Ingress } from "../kubernetes/ingress-nginx/rules.ts";
import { type IngressPlayer, playIngressNginx } from "../kubernetes/ingress-player.ts";
import { sharedCluster, temporaryNamespace } from "../kubernetes/shared.ts";
import { canary, command, type Delivery, ended, reaches } from "./delivery.ts";
import { eventually } from "./eventually.ts";
import { newPodDelivery } from "./image.delivery.ts";
import { startPrometheus } from "./prometheus.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic, type Traffic } from "./traffic.ts";

/** Canaries by the annotations of ingress-nginx: a real API server, pods that run, callers that are dealt as annotated. */

const NAME = "greeter";
const ENVIRONMENT = "ingress";
const WITHIN_MS = 150_000;
/** Less than is waited for before what was written counts as in force. */
const DELAY_MS = 1_500;

const cluster = sharedCluster();
const running = new AsyncDisposableStack();
let namespace: string;
let player: IngressPlayer;
let system: System;
let delivery: Delivery;
let traffic: Traffic | null = null;

beforeAll(async () => {
  namespace = running.use(await temporaryNamespace(cluster)).name;
  const className = `nginx-${namespace}`;
  player = running.use(await playIngressNginx(cluster, { className, namespace, delayMs: DELAY_MS }));
  const prometheus = running.use(await startPrometheus(player.metrics));
  system = running.use(
    await startSystem({ SLUICE_KUBECONFIG: cluster.kubeconfig, SLUICE_KUBERNETES_NAMESPACES: namespace }),
  );
  const target = {
    type: "kubernetes" as const,
    namespace,
    traffic: { type: "ingress-nginx" as const, className },
    prometheus: { address: prometheus.address, metrics: "ingress-nginx" as const },
  };
  const body = { targets: [target], protection: { fourEyes: false } };
  await ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name: ENVIRONMENT } }, body }));
  delivery = await newPodDelivery(system, NAME, ENVIRONMENT);
  await delivery.publish("1.0.0");
  expect(await ended(system, await delivery.create("1.0.0"), WITHIN_MS)).toMatchObject({ phase: "completed" });
  await eventually("somebody answers", async () => (await asked()).status === 200 || undefined);
}, 240_000);

beforeEach(() => {
  traffic = null;
});

afterAll(() => running.disposeAsync());

const address = (): string => `${player.url}/${NAME}`;
const asked = (headers: Record<string, string> = {}) =>
  ask(address(), headers).catch(() => ({ status: 0, version: "", headers: {} }));

/** Calls until the test is over; keeps what went wrong. */
function callers(): Traffic {
  traffic = sendTraffic(address(), 10);
  return traffic;
}

/** What the canary's annotations say; null where there is none. */
async function annotated(): Promise<Record<string, string> | null> {
  const printed = await cluster.kubectl(["-n", namespace, "get", "ingresses", "-o", "json"]);
  const { items } = JSON.parse(printed) as { items: Ingress[] };
  const found = items.find(({ metadata }) => metadata.annotations?.["nginx.ingress.kubernetes.io/canary"] === "true");
  if (found === undefined) return null;
  const own = Object.entries(found.metadata.annotations ?? {}).filter(([name]) => name.includes("/canary-"));
  return Object.fromEntries(own.map(([name, value]) => [name.replace(/^.*\/canary-/, ""), value]));
}

/** The canary's weight as callers are dealt now, in hundredths of a percent. */
const inForce = (): number | null => player.locations[0]?.canary?.rules.weight ?? null;

/** Once this many requests are answered, which part of them the version has answered. */
async function shareOf({ versions, clear }: Traffic, version: string): Promise<number> {
  clear();
  const total = (): number => [...versions.values()].reduce((sum, count) => sum + count, 0);
  await expect.poll(total).toBeGreaterThanOrEqual(400);
  return (versions.get(version) ?? 0) / total();
}

const APPROVAL = { wait: { approval: true } };

// edge case 19
test("a canary is shown to those with a header first, then to a quarter, and no weight counts before it is in force", async () => {
  await delivery.publish("1.1.0");
  const steps = [{ match: { header: { "x-beta": "yes" } } }, APPROVAL, { setWeight: 25 }, APPROVAL];
  const load = callers();
  const rollout = await delivery.update({ version: "1.1.0", strategy: canary(steps) });

  await reaches(system, rollout, (now) => now.step === 1 && now.allowedCommands.includes("approve"));
  expect(await annotated()).toEqual({
    "by-header": "x-beta",
    "by-header-value": "yes",
    weight: "0",
    "weight-total": "10000",
  });
  expect((await asked({ "x-beta": "yes" })).version).toBe("1.1.0");
  expect((await asked({ "x-beta": "no" })).version).toBe("1.0.0");
  expect(await shareOf(load, "1.0.0")).toBe(1);

  await command(system, rollout, "approve");
  await reaches(system, rollout, (now) => now.step === 3 && now.allowedCommands.includes("approve"));
  expect(inForce()).toBe(2_500);
  expect(await annotated()).toMatchObject({ weight: "2500", "weight-total": "10000" });
  const share = await shareOf(load, "1.1.0");
  // Of 400 draws a quarter, seven standard deviations to either side.
  expect(share).toBeGreaterThan(0.1);
  expect(share).toBeLessThan(0.4);

  await command(system, rollout, "approve");
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "completed" });
  expect(await shareOf(load, "1.1.0")).toBe(1);
  expect(await annotated()).toBeNull();
  await load.stop();
  expect(load.failures).toEqual([]);
});

// edge cases 20 and 49
test("a canary that somebody takes back, and the next one, leave nothing behind", async () => {
  await delivery.publish("1.2.0");
  const load = callers();
  const steps = [{ setWeight: 50 }, APPROVAL];
  for (const _ of ["once", "and again"]) {
    const rollout = await delivery.update({ version: "1.2.0", strategy: canary(steps) });
    await reaches(system, rollout, (now) => now.step === 1 && now.allowedCommands.includes("approve"));
    await command(system, rollout, "rollback");
    expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({ phase: "rolled_back" });
    expect(await annotated()).toBeNull();
    await expect.poll(inForce).toBeNull();
    expect(await shareOf(load, "1.1.0")).toBe(1);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
});

// edge case 32
test("a failing canary is rolled back for what Prometheus counted of it at ingress-nginx", async () => {
  await delivery.publish("1.3.0", { STATUS: "503" });
  const load = callers();
  const strategy = canary([{ setWeight: 50 }, { analyze: { seconds: 600 } }]);
  const rollout = await delivery.update({ version: "1.3.0", strategy });
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({
    phase: "rolled_back",
    reason: expect.stringMatching(
      /error rate: \d+ of \d+ requests failed on revision \d+ against 0 of \d+ on revision/,
    ),
  });
  expect(await annotated()).toBeNull();
  expect(await shareOf(load, "1.1.0")).toBe(1);
  await load.stop();
  expect(load.failures.filter((failure) => failure !== "503 1.3.0")).toEqual([]);
});

// edge case 24
test("a canary that nobody calls is neither good nor bad: it is waited for, and goes when the wait is over", async () => {
  await delivery.publish("1.4.0");
  const analysis = { minimumSamples: 50, maxHoldSeconds: 5, metrics: [{ name: "error_rate" }] };
  const steps = [{ setWeight: 50 }, { analyze: { seconds: 1 } }];
  const rollout = await delivery.update({ version: "1.4.0", strategy: canary(steps, { analysis }) });
  await reaches(system, rollout, (now) => /fewer than 50 requests/.test(now.explanation));
  expect(await ended(system, rollout, WITHIN_MS)).toMatchObject({
    phase: "rolled_back",
    reason: expect.stringMatching(/fewer than 50 requests of .* within 5 s/),
  });
  expect((await asked()).version).toBe("1.1.0");
});
