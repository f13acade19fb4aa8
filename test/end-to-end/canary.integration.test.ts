import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, command, ended, look, newDelivery, reaches } from "./delivery.ts";
import { until } from "./eventually.ts";
import { type System, startSystem } from "./system.ts";
import { ask, sendTraffic } from "./traffic.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** Callers who keep their cookie; each has the versions that answered it, in order. */
async function callers(url: string, count: number) {
  const histories: string[][] = [];
  const cookies: string[] = [];
  for (let caller = 0; caller < count; caller += 1) {
    const { version, headers } = await ask(url);
    cookies.push(String(headers["set-cookie"]).split(";")[0] ?? "");
    histories.push([version]);
  }
  return {
    histories,
    /** Every caller asks once more. */
    async round() {
      for (const [caller, history] of histories.entries()) {
        history.push((await ask(url, { cookie: cookies[caller] ?? "" })).version);
      }
    },
  };
}

test("a good canary under load: no request fails, the split is as announced, and no caller goes back and forth", async () => {
  const greeter = await newDelivery(system, "good");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  const route = { path: "/good", stickiness: { by: "cookie" as const } };
  expect(
    await greeter.deliver("1.0.0", {
      route,
      config: { replicas: 2, healthCheck: { path: "/healthz", intervalSeconds: 0.2 } },
    }),
  ).toMatchObject({ phase: "completed", fromRevision: null });
  const traffic = sendTraffic(greeter.url, 5);
  const sticky = await callers(greeter.url, 60);

  const steps = [10, 40, 75].flatMap((setWeight) => [{ setWeight }, { wait: { approval: true } }]);
  const rollout = await greeter.update({ version: "1.1.0", strategy: canary(steps) });
  for (const weight of [10, 40, 75]) {
    await reaches(system, rollout, (now) => now.weight === weight && now.allowedCommands.includes("approve"));
    traffic.clear();
    await sticky.round();
    await until(
      "500 answers",
      () => (traffic.versions.get("1.1.0") ?? 0) + (traffic.versions.get("1.0.0") ?? 0) >= 500,
    );
    const part = (traffic.versions.get("1.1.0") ?? 0) / [...traffic.versions.values()].reduce((sum, n) => sum + n, 0);
    // Six standard deviations of a binomial with 500 trials.
    expect(Math.abs(part - weight / 100)).toBeLessThan(0.135);
    await command(system, rollout, "approve");
  }
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed", toVersion: "1.1.0" });
  await sticky.round();
  await traffic.stop();

  expect(traffic.failures).toEqual([]);
  expect(traffic.requests).toBeGreaterThan(1_500);
  for (const history of sticky.histories) expect(history).toEqual(history.toSorted());
  expect(sticky.histories.every((history) => history.at(-1) === "1.1.0")).toBe(true);
  expect(new Set(sticky.histories.map((history) => history.indexOf("1.1.0"))).size).toBeGreaterThan(2);
});

test.concurrent.for([
  ["failing", { STATUS: "503" }, /error rate: \d+ of \d+ requests failed on revision 2 against 0 of \d+ on revision 1/],
  ["slow", { DELAY_MS: "300" }, /latency: .* on revision 2 .*on revision 1/],
] as const)(
  "a %s candidate is rolled back, and the reason names the evidence",
  async ([name, env, reason], { expect }) => {
    const greeter = await newDelivery(system, name);
    await greeter.publish("1.0.0");
    await greeter.publish("1.1.0", env);
    await greeter.deliver("1.0.0");
    const traffic = sendTraffic(greeter.url, 10);
    const rollout = await greeter.update({
      version: "1.1.0",
      strategy: canary([{ setWeight: 20 }, { wait: { seconds: 600 } }], {
        analysis: { metrics: [{ name: "error_rate" }, { name: "latency" }] },
      }),
    });
    const end = await ended(system, rollout);
    expect(end.phase).toBe("rolled_back");
    expect(end.reason).toMatch(reason);
    expect(end.analysis?.verdict).toBe("rollback");
    // What was under way at the candidate is over now.
    await until("stable answers", async () => (await ask(greeter.url)).version === "1.0.0");
    traffic.clear();
    const before = traffic.failures.length;
    await until("a hundred more answers", () => (traffic.versions.get("1.0.0") ?? 0) >= 100);
    await traffic.stop();
    expect(traffic.failures.length).toBe(before);
    expect([...traffic.versions.keys()].filter((version) => version !== "1.0.0").length).toBeLessThanOrEqual(1);
    expect(await greeter.get()).toMatchObject({ status: "running", version: "1.0.0", activeRollout: null });
  },
);

test("the guard closes the gate while the server is dead; the next server rolls back for that reason", async () => {
  const greeter = await newDelivery(system, "orphaned");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0", { STATUS: "500" });
  await greeter.deliver("1.0.0");
  const rollout = await greeter.update({
    version: "1.1.0",
    strategy: canary([{ setWeight: 10 }, { wait: { seconds: 600 } }]),
  });
  await reaches(system, rollout, ({ step }) => step === 1);
  await system.kill();

  const traffic = sendTraffic(greeter.url, 5);
  await until("the candidate fails somebody", () => traffic.failures.length > 0);
  // Only a closed gate gives so many answers of stable in a row at a weight of 10 %: the chance otherwise is 1e-13.
  let failures = -1;
  await until("the gate is closed", () => {
    if (traffic.failures.length !== failures) traffic.clear();
    failures = traffic.failures.length;
    return (traffic.versions.get("1.0.0") ?? 0) >= 300;
  });
  await system.start();
  const end = await ended(system, rollout);
  expect(end).toMatchObject({ phase: "rolled_back" });
  expect(end.reason).toMatch(/error rate: \d+ of \d+ requests failed on revision 2/);
  await traffic.stop();
  expect(traffic.failures.length).toBe(failures);
  expect(failures).toBeLessThan(40);
  expect(await look(system, rollout)).toMatchObject({ weight: 0 });
  expect((await system.send("GET", "/v1/audit/verify")).body).toMatchObject({ valid: true });
});
