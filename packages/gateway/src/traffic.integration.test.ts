import { describe, expect, test } from "vitest";
import { freePort, sendRaw, startGateway, startInstance, startTextInstance } from "./testing/gateway.fixture.ts";
import { backend, routeConfig, split } from "./testing/route.fixture.ts";

const many = async <T>(count: number, one: (index: number) => Promise<T>): Promise<T[]> => {
  const results: T[] = [];
  for (let index = 0; index < count; index += 50) {
    const batch = Array.from({ length: Math.min(50, count - index) }, (_, offset) => one(index + offset));
    results.push(...(await Promise.all(batch)));
  }
  return results;
};

async function twoRevisions() {
  const [stable, candidate] = await Promise.all([startTextInstance("stable"), startTextInstance("candidate")]);
  const gateway = await startGateway();
  const config = routeConfig({ backends: [backend(1, stable.port), backend(2, candidate.port)] });
  return { stable, candidate, config, ...gateway };
}

describe("split", () => {
  test("sends each revision its share", async () => {
    const { gateway, get, config, stats } = await twoRevisions();
    await gateway.apply({ ...config, split: split(1_000) });
    const answers = await many(3_000, () => get());
    const candidates = answers.filter(({ text }) => text === "candidate").length;
    // Five standard deviations of a binomial with 3,000 draws at 10 %.
    expect(Math.abs(candidates - 300)).toBeLessThan(83);
    expect(answers.every(({ text, revision }) => revision === (text === "candidate" ? 2 : 1))).toBe(true);
    await expect.poll(() => [stats(1)?.requests, stats(2)?.requests]).toEqual([3_000 - candidates, candidates]);
    expect(stats(2)).toMatchObject({ errors: 0, inFlight: 0, status: { "2xx": candidates, failed: 0 } });
    expect(stats(2)?.latency.reduce((sum, [, count]) => sum + count, 0)).toBe(candidates);
  });

  test("changes atomically under load: no request is dropped, and none begins on the old split once it was changed", async () => {
    // edge case 19
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(0) });
    let running = true;
    const answers: string[] = [];
    const load = Array.from({ length: 16 }, async () => {
      while (running) answers.push((await get()).text);
    });
    for (let epoch = 2; epoch < 30; epoch += 1) {
      const observed = await gateway.apply({ ...config, epoch, split: split(epoch % 2 === 0 ? 10_000 : 0) });
      expect(observed).toMatchObject({ epoch, split: split(epoch % 2 === 0 ? 10_000 : 0) });
      expect((await get()).text).toBe(epoch % 2 === 0 ? "candidate" : "stable");
    }
    running = false;
    await Promise.all(load);
    expect(answers.filter((text) => text !== "stable" && text !== "candidate")).toEqual([]);
    expect(new Set(answers).size).toBe(2);
  });

  test("a new candidate gets nothing before its own weight, whatever the last one had", async () => {
    // edge case 20
    const { gateway, get, config, candidate } = await twoRevisions();
    const next = await startTextInstance("next");
    await gateway.apply({ ...config, split: split(5_000) });
    await gateway.apply({
      ...config,
      epoch: 2,
      split: [
        { revision: 1, weight: 10_000 },
        { revision: 3, weight: 0 },
      ],
      backends: [...config.backends, backend(3, next.port)],
    });
    const answers = await many(200, () => get());
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["stable"]));
    expect([next.requests, candidate.requests]).toEqual([0, 0]);
  });

  test("a request in flight ends on the revision it began with", async () => {
    const { gateway, get, config } = await twoRevisions();
    let release = (): void => undefined;
    const arrived = Promise.withResolvers<void>();
    const slow = await startInstance((_incoming, response) => {
      release = () => response.end("old");
      arrived.resolve();
    });
    await gateway.apply({ ...config, backends: [backend(1, slow.port)] });
    const pending = get();
    await arrived.promise;
    await gateway.apply({ ...config, epoch: 2, split: split(10_000) });
    expect((await get()).text).toBe("candidate");
    release();
    expect(await pending).toMatchObject({ status: 200, text: "old" });
  });
});

describe("a revision without usable endpoints", () => {
  test("gets no traffic although it has weight", async () => {
    // edge case 18
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(5_000), backends: [config.backends[0] ?? backend(1), backend(2)] });
    const answers = await many(100, () => get());
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["stable"]));
  });

  test("leaves its share to the others once its instance is found dead, and no caller notices", async () => {
    // edge case 22
    const { gateway, get, config, stats } = await twoRevisions();
    const dead = await freePort();
    await gateway.apply({
      ...config,
      split: split(5_000),
      backends: [config.backends[0] ?? backend(1), backend(2, dead)],
    });
    const answers = await many(300, () => get());
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(["200 stable"]));
    expect(stats(2)?.errors).toBeGreaterThan(0);
    expect(gateway.table.observe("dep_1").usable).toContainEqual({ revision: 2, endpoints: 0 });
  });

  test("a candidate that is the only healthy copy keeps serving", async () => {
    // edge case 23
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(100), backends: [backend(1), config.backends[1] ?? backend(2)] });
    const answers = await many(50, () => get());
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(["candidate"]));
  });

  test("503 with Retry-After when nobody is left", async () => {
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(100), backends: [backend(1), backend(2)] });
    const answer = await get();
    expect(answer).toMatchObject({ status: 503, revision: null });
    expect(answer.headers).toMatchObject({ "retry-after": "1", "content-type": "application/problem+json" });
    expect(JSON.parse(answer.text)).toMatchObject({ status: 503, title: "No instance" });
  });
});

describe("stickiness", () => {
  test("by cookie: the first answer sets it, and the caller stays on its revision", async () => {
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(5_000), stickiness: { by: "cookie", name: "sluice" } });
    const callers = await many(40, () => get());
    for (const first of callers) {
      const cookie = String(first.headers["set-cookie"]);
      expect(cookie).toMatch(/^sluice=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
      const again = await get("/", { headers: { cookie: `other=1; ${cookie.split(";")[0]}` } });
      expect(again.revision).toBe(first.revision);
      expect(again.headers["set-cookie"]).toBeUndefined();
    }
    expect(new Set(callers.map(({ revision }) => revision)).size).toBe(2);
  });

  test("by header: raising the weight only ever moves callers to the candidate", async () => {
    const { gateway, get, config } = await twoRevisions();
    const ask = (user: number) => get("/", { headers: { "x-user": `user-${user}` } });
    let before = new Set<number>();
    for (const [index, weight] of [500, 2_500, 6_000, 10_000].entries()) {
      await gateway.apply({
        ...config,
        epoch: index + 1,
        split: split(weight),
        stickiness: { by: "header", name: "x-user" },
      });
      const answers = await many(200, ask);
      const now = new Set(answers.flatMap(({ revision }, user) => (revision === 2 ? [user] : [])));
      expect([...before].filter((user) => !now.has(user))).toEqual([]);
      before = now;
    }
    expect(before.size).toBe(200);
  });

  test("by client: all requests of one address go the same way", async () => {
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(5_000), stickiness: { by: "client" } });
    const answers = await many(60, () => get());
    expect(new Set(answers.map(({ revision }) => revision)).size).toBe(1);
  });
});

describe("routes", () => {
  test("the longest prefix, then the most conditions; the prefix is stripped unless told not to", async () => {
    const echo = await startInstance((incoming, response) => response.end(incoming.url));
    const { gateway, get } = await startGateway();
    const at = (id: string, changes: Parameters<typeof routeConfig>[0]) =>
      gateway.apply(routeConfig({ id, deployment: id, backends: [backend(1, echo.port)], ...changes }));
    await at("a", { match: { path: "/a" } });
    await at("ab", { match: { path: "/a/b" }, stripPrefix: false });
    await at("beta", { match: { path: "/a/b", headers: { "x-beta": "1" } } });
    expect((await get("/a/x?y=1")).text).toBe("/x?y=1");
    expect((await get("/a?y=1")).text).toBe("/?y=1");
    expect((await get("/a/b/c")).text).toBe("/a/b/c");
    expect((await get("/a/b/c", { headers: { "x-beta": "1" } })).text).toBe("/c");
    expect((await get("/ab")).status).toBe(404);
    expect((await get("/")).status).toBe(404);
  });

  test("by host, whatever the port and the case; the absolute form of a target names the host", async () => {
    const instance = await startTextInstance("hosted");
    const { gateway, get, port } = await startGateway();
    await gateway.apply(
      routeConfig({ match: { host: "example.org", path: "/" }, backends: [backend(1, instance.port)] }),
    );
    expect((await get("/", { headers: { host: "EXAMPLE.org:8080" } })).text).toBe("hosted");
    expect((await get("/")).status).toBe(404);
    const absolute = "GET http://example.org/x HTTP/1.1\r\nhost: other.org\r\nconnection: close\r\n\r\n";
    expect(await sendRaw(port, absolute)).toContain("200 OK");
  });

  test("a pin sends by rule, whatever the weights, and leaves the others alone", async () => {
    const { gateway, get, config } = await twoRevisions();
    await gateway.apply({ ...config, split: split(0), pins: [{ revision: 2, cookies: { group: "beta" } }] });
    expect((await get("/", { headers: { cookie: "group=beta" } })).text).toBe("candidate");
    expect((await get("/", { headers: { cookie: "group=alpha" } })).text).toBe("stable");
  });

  test("a stale epoch is refused with the reason, and what is in force stays", async () => {
    const { gateway, config } = await twoRevisions();
    await gateway.apply({ ...config, epoch: 5, split: split(1_000) });
    await expect(gateway.apply({ ...config, epoch: 4, split: split(2_000) })).rejects.toMatchObject({
      code: "aborted",
      message: "route dep_1: epoch 4 is older than 5, which is in force",
    });
    await expect(gateway.remove("dep_1", 4)).rejects.toMatchObject({ code: "aborted" });
    expect(gateway.table.observe("dep_1")).toMatchObject({ epoch: 5, split: split(1_000) });
    await gateway.remove("dep_1", 6);
    await expect(gateway.apply({ ...config, epoch: 5 })).rejects.toMatchObject({ code: "aborted" });
  });

  test("a second route with the same match is refused and names the first", async () => {
    // edge case 44
    const { gateway, config } = await twoRevisions();
    await gateway.apply({ ...config, match: { path: "/a" } });
    await expect(gateway.apply({ ...config, id: "dep_2", match: { path: "/a/" } })).rejects.toMatchObject({
      code: "already_exists",
      message: "route dep_2: greeter (dep_1) has the same match",
    });
  });

  test("canary, rollback, canary again leaves no route, endpoint or connection behind", async () => {
    // edge case 49
    const { gateway, get, config } = await twoRevisions();
    const stableOnly = { ...config, backends: [config.backends[0] ?? backend(1)] };
    for (let round = 0; round < 5; round += 1) {
      await gateway.apply({ ...config, epoch: 2 * round + 1, split: split(5_000) });
      await many(20, () => get());
      await gateway.apply({ ...stableOnly, epoch: 2 * round + 2 });
      expect(new Set((await many(20, () => get())).map(({ text }) => text))).toEqual(new Set(["stable"]));
    }
    expect(gateway.snapshot().routes).toHaveLength(1);
    expect(gateway.table.records.get("dep_1")?.endpointCount).toBe(1);
  });
});
