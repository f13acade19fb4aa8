import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, type Delivery, ended, look, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { sendTraffic } from "./traffic.ts";

let system: System;
let delivery: Delivery;
/** A metrics service: what it answers for a version, or nothing while it is down. */
let service: Server;
let loadOf: (version: string) => number | null = () => 1;
let address: string;

beforeAll(async () => {
  service = createServer((request, response) => {
    const load = loadOf(decodeURIComponent((request.url ?? "").slice(1)));
    if (load === null) response.writeHead(503).end();
    else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ load }));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  system = await startSystem();
  delivery = await newDelivery(system, "judged");
  for (const version of ["1.0.0", "1.1.0", "1.2.0", "1.3.0", "1.4.0"]) await delivery.publish(version);
  await delivery.deliver("1.0.0");
});

afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  service?.closeAllConnections();
  service?.close();
});

/** Half of the traffic, watched by figures of the metrics service alone. */
const watched = (metric: object, seconds: number) =>
  canary([{ setWeight: 50 }, { analyze: { seconds } }], {
    analysis: {
      minimumSamples: 0,
      metrics: [
        {
          name: "load",
          source: { type: "webhook", url: `${address}/{{version}}`, jsonPath: "$.load" },
          intervalSeconds: 1,
          ...metric,
        },
      ],
    },
  });

const limit = { judge: "threshold", max: 5 };

test("a figure from outside that is beyond its limit takes the candidate back, and the reason says which and why", async () => {
  loadOf = (version) => (version === "1.1.0" ? 9 : 1);
  const begun = await delivery.update({ version: "1.1.0", strategy: watched(limit, 600) });
  const rollout = await ended(system, begun, 90_000);
  expect(rollout).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
  expect(rollout.reason).toMatch(/^load: 9 on revision 2 against a limit of at most 5/);
});

// edge case 25
test("a source that is down holds the rollout, takes nothing back, and lets it go on when it answers again", async () => {
  loadOf = () => null;
  const begun = await delivery.update({ version: "1.2.0", strategy: watched(limit, 1) });
  await reaches(
    system,
    begun,
    (rollout) => rollout.judge?.verdict === "hold" && /answered 503/.test(rollout.judge.message),
  );
  expect((await look(system, begun)).phase).toBe("shifting");
  loadOf = () => 1;
  const rollout = await ended(system, begun, 90_000);
  expect(rollout).toMatchObject({ phase: "completed" });
});

test("a killed server's judge goes on from what is on disk, and closes what it would have closed", async () => {
  loadOf = () => 1;
  const begun = await delivery.update({ version: "1.3.0", strategy: watched({ ...limit, failureLimit: 2 }, 600) });
  await reaches(system, begun, (rollout) => rollout.judge?.metrics[0]?.status === "ok");
  await system.kill();
  loadOf = (version) => (version === "1.3.0" ? 9 : 1);
  await system.start();
  const rollout = await ended(system, begun, 90_000);
  expect(rollout.phase).toBe("rolled_back");
  expect(rollout.reason).toMatch(/failed 2 times in a row of \d+ looks/);
});

test("a candidate that is shown to be no worse ends its step early, on what the gateway really counted", async () => {
  const traffic = sendTraffic(delivery.url, 5);
  try {
    const strategy = canary([{ setWeight: 50 }, { analyze: { seconds: 3_600 } }], {
      analysis: { minimumSamples: 20, metrics: [{ name: "error_rate", nonInferiorityMargin: 0.2 }] },
    });
    const begun = await delivery.update({ version: "1.4.0", strategy });
    const rollout = await ended(system, begun, 90_000);
    expect(rollout).toMatchObject({ phase: "completed", judge: { nonInferior: true, closed: null } });
    const [errors] = rollout.judge?.metrics ?? [];
    expect(errors).toMatchObject({ name: "error_rate", source: "gateway", status: "ok", candidate: 0 });
    expect(errors?.samples.candidate).toBeGreaterThanOrEqual(20);
  } finally {
    await traffic.stop();
  }
});

test("with all traffic moved at once, a version that fails is known by what stable did before, and a good one completes", async () => {
  const greeter = await newDelivery(system, "at-once");
  await greeter.publish("1.0.0", { MODE: "good" }, "server.mjs");
  await greeter.publish("1.1.0", { MODE: "failing" }, "server.mjs");
  await greeter.publish("1.2.0", { MODE: "good" }, "server.mjs");
  await greeter.deliver("1.0.0");
  const traffic = sendTraffic(greeter.url, 20);
  try {
    await until("stable has a past", async () => (traffic.versions.get("1.0.0") ?? 0) >= 100);
    const monitored = (seconds: number) => ({
      type: "immediate" as const,
      monitoringSeconds: seconds,
      keepStableSeconds: 0,
      analysis: { metrics: [{ name: "error_rate" as const }] },
    });
    const failing = await greeter.update({ version: "1.1.0", strategy: monitored(600) });
    const back = await ended(system, failing, 90_000);
    expect(back, back.reason ?? "").toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
    expect(back.analysis?.verdict).toBe("rollback");
    expect(back.reason).toMatch(/^error rate: \d+ of \d+ requests failed .* on revision 1 before it left/);
    expect(traffic.failures.length).toBeGreaterThan(0);

    traffic.clear();
    const good = await ended(system, await greeter.update({ version: "1.2.0", strategy: monitored(5) }), 90_000);
    expect(good, good.reason ?? "").toMatchObject({ phase: "completed", judge: { closed: null } });
    const before = good.judge?.metrics.find(({ name }) => name === "error_rate.before");
    expect(before).toMatchObject({ status: "ok", failed: false });
    expect(before?.samples.stable).toBeGreaterThanOrEqual(100);
    expect(good.explanation).toMatch(/compared with \d{3,} that the revision before had answered until it left/);
  } finally {
    await traffic.stop();
  }
});
