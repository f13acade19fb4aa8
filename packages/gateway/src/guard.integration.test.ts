import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { GuardReport } from "@sluice/core";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { connectGateway } from "./admin/admin.client.ts";
import { adminFile } from "./admin/admin.file.ts";
import { kill, startGatewayChild, temporaryFolder } from "./testing/gateway.child.ts";
import { freePort, startGateway, startInstance, startTextInstance } from "./testing/gateway.fixture.ts";
import { backend, guardConfig, routeConfig, split } from "./testing/route.fixture.ts";

const failing = () => startInstance((_incoming, response) => response.writeHead(500).end("candidate"));

async function canary(weight = 1_000, guard = guardConfig()) {
  const [stable, candidate] = await Promise.all([startTextInstance("stable"), failing()]);
  const config = routeConfig({
    backends: [backend(1, stable.port), backend(2, candidate.port)],
    split: split(weight),
    guard,
  });
  return { stable, candidate, config };
}

/** Requests until the condition holds; answers how many got a 5xx. */
async function drive(ask: () => Promise<{ status: number }>, done: () => boolean | Promise<boolean>): Promise<number> {
  let failed = 0;
  for (let sent = 0; !(await done()); sent += 1) {
    if (sent > 20_000) throw new Error("the condition never held");
    if ((await ask()).status >= 500) failed += 1;
  }
  return failed;
}

describe("the guard", () => {
  test("closes the gate at the gateway, with no control plane anywhere, and says why", async () => {
    const { config, candidate } = await canary();
    const { gateway, get } = await startGateway();
    const reported: GuardReport[] = [];
    gateway.onClosed(({ guard }) => {
      if (guard !== null) reported.push(guard);
    });
    await gateway.apply(config);
    await drive(get, () => gateway.table.observe("dep_1").guard?.closed !== null);
    expect(gateway.table.observe("dep_1").split).toEqual(split(0));
    const seen = candidate.requests;
    for (let index = 0; index < 100; index += 1) expect((await get()).text).toBe("stable");
    expect(candidate.requests).toBe(seen);
    expect(reported).toHaveLength(1);
    expect(reported[0]?.closed).toMatchObject({ metric: "error_rate", reason: expect.stringMatching(/\w/) });
  });

  test("takes pins and the mirror of the candidate away with its weight", async () => {
    const { config, candidate } = await canary();
    const { gateway, get } = await startGateway();
    await gateway.apply({ ...config, pins: [{ revision: 2, headers: { beta: "1" } }] });
    expect((await get("/", { headers: { beta: "1" } })).revision).toBe(2);
    await drive(get, () => gateway.table.observe("dep_1").guard?.closed !== null);
    const seen = candidate.requests;
    expect((await get("/", { headers: { beta: "1" } })).revision).toBe(1);
    await gateway.apply({ ...config, epoch: 2, mirror: { revision: 2, weight: 10_000 } });
    await get();
    expect(candidate.requests).toBe(seen);
  });

  test("keeps the gate closed for its hypothesis, whatever weight it is told; another hypothesis begins anew", async () => {
    const { config } = await canary();
    const { gateway, get } = await startGateway();
    await gateway.apply(config);
    await drive(get, () => gateway.table.observe("dep_1").guard?.closed !== null);
    expect((await gateway.apply({ ...config, epoch: 2, split: split(5_000) })).split).toEqual(split(0));
    expect((await gateway.apply({ ...config, epoch: 3, guard: null, split: split(0) })).guard).toBeNull();
    expect((await gateway.apply({ ...config, epoch: 4, split: split(5_000) })).split).toEqual(split(0));
    const next = { ...config, epoch: 5, split: split(5_000), guard: guardConfig({ hypothesis: "rol_1/2" }) };
    expect(await gateway.apply(next)).toMatchObject({ split: split(5_000), guard: { closed: null } });
  });

  test("only reports when it may not close", async () => {
    const { config } = await canary(1_000, guardConfig({ closes: false }));
    const { gateway, get } = await startGateway();
    await gateway.apply(config);
    await drive(get, () => gateway.table.observe("dep_1").guard?.closed !== null);
    expect(gateway.table.observe("dep_1").split).toEqual(split(1_000));
  });

  test("says nothing without traffic, and nothing about a candidate that is as good as stable", async () => {
    // edge case 24
    const [stable, candidate] = await Promise.all([startTextInstance("stable"), startTextInstance("candidate")]);
    const backends = [backend(1, stable.port), backend(2, candidate.port)];
    const { gateway, get } = await startGateway();
    const idle = await gateway.apply(routeConfig({ backends, split: split(1_000), guard: guardConfig() }));
    expect(idle.guard).toMatchObject({ samples: { stable: 0, candidate: 0 }, logEvidence: 0, closed: null });
    await drive(get, () => (gateway.table.observe("dep_1").guard?.samples.candidate ?? 0) >= 30);
    expect(gateway.table.observe("dep_1")).toMatchObject({ split: split(1_000), guard: { closed: null } });
  });

  test("marks what a revision got because the other could not be reached: the weights did not deal it", async () => {
    const candidate = await startTextInstance("candidate");
    const { gateway, get } = await startGateway();
    const backends = [backend(1, await freePort()), backend(2, candidate.port)];
    await gateway.apply(routeConfig({ backends, split: split(1_000), guard: guardConfig() }));
    const counts = () => gateway.table.observe("dep_1").counts;
    await drive(get, () => (counts()?.candidate.undealt ?? 0) >= 20);
    expect(counts()?.stable.undealt ?? 0).toBe(0);
    const { requests = 0, undealt = 0 } = counts()?.candidate ?? {};
    // Before the first refused connection the lot may have fallen on the candidate, and that counts.
    expect(requests).toBeGreaterThanOrEqual(undealt);
  });

  test("judges a candidate that only gets copies, and stops the copies", async () => {
    const { config, candidate } = await canary(0);
    const { gateway, get } = await startGateway();
    await gateway.apply({ ...config, mirror: { revision: 2, weight: 10_000 } });
    const failed = await drive(get, () => gateway.table.observe("dep_1").guard?.closed !== null);
    expect(failed).toBe(0);
    const seen = candidate.requests;
    await get();
    expect(candidate.requests).toBe(seen);
  });

  test("leaves out what began before the last change of weights, of both arms alike", async () => {
    const held: (() => void)[] = [];
    const slow = await startInstance((_incoming, response) => held.push(() => response.writeHead(500).end()));
    const candidate = await startTextInstance("candidate");
    const { gateway, get } = await startGateway();
    const config = routeConfig({
      backends: [backend(1, slow.port), backend(2, candidate.port)],
      split: split(1),
      guard: guardConfig(),
    });
    await gateway.apply(config);
    const pending = Array.from({ length: 5 }, () => get());
    await expect.poll(() => held.length).toBe(5);
    await gateway.apply({ ...config, epoch: 2, split: split(9_999) });
    for (const release of held) release();
    await Promise.all(pending);
    await drive(get, () => (gateway.table.observe("dep_1").guard?.samples.candidate ?? 0) >= 10);
    expect(gateway.table.observe("dep_1").guard?.samples.stable).toBe(0);
  });
});

describe("the gateway's process", () => {
  test("serves its last split after kill -9, with no control plane; a closing holds", async () => {
    const dataDir = await temporaryFolder();
    const { config } = await canary();
    const first = await startGatewayChild(dataDir);
    const admin = connectGateway(adminFile(dataDir));
    await admin.putRoute(config);
    const ask = (url: string) => async () => {
      const { statusCode, body, headers } = await request(url);
      await body.dump();
      return { status: statusCode, revision: headers["x-sluice-revision"] };
    };
    const controller = new AbortController();
    let closed = false;
    const watching = (async () => {
      for await (const { routes } of admin.stream(controller.signal)) {
        if (routes[0]?.guard?.closed != null) {
          closed = true;
          return;
        }
      }
    })();
    await drive(ask(first.url), () => closed);
    await watching;
    const before = (await admin.snapshot()).routes[0];
    await kill(first.child);

    const second = await startGatewayChild(dataDir);
    const after = (await admin.snapshot()).routes[0];
    expect(after).toMatchObject({ epoch: 1, split: split(0), guard: { closed: before?.guard?.closed } });
    for (let index = 0; index < 50; index += 1) expect(await ask(second.url)()).toEqual({ status: 200, revision: "1" });
    expect(await admin.putRoute({ ...config, epoch: 2, split: split(5_000) })).toMatchObject({ split: split(0) });
    controller.abort();
  });

  test("acknowledges a configuration only when it is on disk", async () => {
    const dataDir = await temporaryFolder();
    const { config } = await canary();
    const { child } = await startGatewayChild(dataDir);
    const admin = connectGateway(adminFile(dataDir));
    for (let epoch = 1; epoch <= 20; epoch += 1) await admin.putRoute({ ...config, epoch, split: split(epoch) });
    await admin.putRoute({ ...config, id: "dep_2", match: { path: "/other" } });
    await admin.deleteRoute("dep_2", 1);
    await kill(child);
    const state = JSON.parse(await readFile(join(dataDir, "gateway", "state.json"), "utf8"));
    expect(state.routes).toMatchObject([{ config: { epoch: 20, split: split(20) } }]);
    await startGatewayChild(dataDir);
    expect((await admin.snapshot()).routes).toMatchObject([{ epoch: 20, split: split(20) }]);
    await expect(admin.putRoute({ ...config, epoch: 19 })).rejects.toMatchObject({ code: "aborted" });
  });

  test("goes on gathering evidence after a restart, without losing what it had", async () => {
    const dataDir = await temporaryFolder();
    const [stable, candidate] = await Promise.all([startTextInstance("stable"), startTextInstance("candidate")]);
    const first = await startGatewayChild(dataDir);
    const admin = connectGateway(adminFile(dataDir));
    const backends = [backend(1, stable.port), backend(2, candidate.port)];
    await admin.putRoute(routeConfig({ backends, split: split(5_000), guard: guardConfig() }));
    for (let index = 0; index < 40; index += 1) await (await request(first.url)).body.dump();
    const onDisk = async (): Promise<number> => {
      const { routes } = JSON.parse(await readFile(join(dataDir, "gateway", "state.json"), "utf8"));
      const { stable: one, candidate: other } = routes[0].guards[0].totals;
      return one.requests + other.requests;
    };
    await expect.poll(onDisk).toBe(40);
    await kill(first.child);
    const second = await startGatewayChild(dataDir);
    await (await request(second.url)).body.dump();
    const samples = async (): Promise<number> => {
      const counted = (await admin.snapshot()).routes[0]?.guard?.samples;
      return (counted?.stable ?? 0) + (counted?.candidate ?? 0);
    };
    await expect.poll(samples).toBe(41);
  });

  test("ends cleanly on SIGTERM and takes its address away", async () => {
    const dataDir = await temporaryFolder();
    const { child } = await startGatewayChild(dataDir);
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await exited).toBe(0);
    await expect(connectGateway(adminFile(dataDir)).snapshot()).rejects.toMatchObject({ code: "unavailable" });
  });
});
