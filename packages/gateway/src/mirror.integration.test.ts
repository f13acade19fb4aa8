import { describe, expect, onTestFinished, test } from "vitest";
import { MIRROR_BODY_BYTES, MIRRORS_IN_FLIGHT } from "./proxy/mirror.ts";
import { bodyOf, freePort, startGateway, startInstance, startTextInstance } from "./testing/gateway.fixture.ts";
import { backend, routeConfig } from "./testing/route.fixture.ts";

async function mirrored(port: number, weight = 10_000) {
  const stable = await startTextInstance("stable");
  const running = await startGateway();
  await running.gateway.apply(
    routeConfig({ backends: [backend(1, stable.port), backend(2, port)], mirror: { revision: 2, weight } }),
  );
  return running;
}

describe("a mirror", () => {
  test("gets a copy of each request, body and all, and its answer is seen by nobody", async () => {
    const copies: string[] = [];
    const mirror = await startInstance(async (incoming, response) => {
      const { method, url, headers } = incoming;
      copies.push(`${method} ${url} ${headers["x-sluice-mirror"]} ${await bodyOf(incoming)}`);
      response.writeHead(500).end("never seen");
    });
    const { get, stats } = await mirrored(mirror.port);
    expect(await get("/a?b=c", { method: "POST", body: "hello" })).toMatchObject({ status: 200, text: "stable" });
    expect(await get("/d")).toMatchObject({ status: 200, text: "stable" });
    await expect.poll(() => copies).toEqual(["POST /a?b=c 1 hello", "GET /d 1 "]);
    await expect.poll(() => stats(2)).toMatchObject({ requests: 2, errors: 2, inFlight: 0 });
    expect(stats(1)).toMatchObject({ requests: 2, errors: 0 });
  });

  test("that hangs delays nothing, and only so many copies wait for it", async () => {
    const mirror = await startInstance(() => undefined);
    const { gateway, get, stats } = await mirrored(mirror.port);
    const asked = MIRRORS_IN_FLIGHT + 50;
    for (let index = 0; index < asked; index += 1) expect((await get()).text).toBe("stable");
    expect(stats(1)).toMatchObject({ requests: asked, inFlight: 0 });
    expect(gateway.table.records.get("dep_1")?.mirrorBudget).toEqual({
      inFlight: MIRRORS_IN_FLIGHT,
      gathered: 0,
      skipped: 50,
    });
  });

  test("that is dead fails nothing", async () => {
    const { get } = await mirrored(await freePort());
    for (let index = 0; index < 20; index += 1) expect(await get()).toMatchObject({ status: 200, text: "stable" });
  });

  test("is spared bodies that are too long to keep", async () => {
    const mirror = await startTextInstance("mirror");
    const { gateway, get } = await mirrored(mirror.port);
    const body = Buffer.alloc(MIRROR_BODY_BYTES + 1);
    expect(await get("/", { method: "POST", body })).toMatchObject({ status: 200, text: "stable" });
    await expect
      .poll(() => gateway.table.records.get("dep_1")?.mirrorBudget)
      .toMatchObject({ gathered: 0, skipped: 1 });
    expect(mirror.requests).toBe(0);
  });

  test("whose answer never ends is cut off in time, and not blamed for it", async () => {
    const trickling: NodeJS.Timeout[] = [];
    const mirror = await startInstance((incoming, response) => {
      incoming.resume();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const timer = setInterval(() => response.write("data: 1\n\n"), 5);
      trickling.push(timer);
      response.on("close", () => clearInterval(timer));
    });
    onTestFinished(() => trickling.forEach(clearInterval));
    const stable = await startTextInstance("stable");
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(
      routeConfig({
        backends: [backend(1, stable.port), backend(2, mirror.port)],
        mirror: { revision: 2, weight: 10_000 },
        timeouts: { connectMs: 1_000, responseMs: 300, idleMs: 300 },
      }),
    );
    for (let request = 0; request < 5; request += 1) expect((await get()).text).toBe("stable");
    await expect.poll(() => stats(2)).toMatchObject({ requests: 0, errors: 0, aborted: 5, inFlight: 0 });
    expect(gateway.table.records.get("dep_1")?.mirrorBudget.inFlight).toBe(0);
  });

  test("gets the share that it was given", async () => {
    const mirror = await startTextInstance("mirror");
    const { get, stats } = await mirrored(mirror.port, 2_000);
    await Promise.all(Array.from({ length: 1_000 }, () => get()));
    await expect.poll(() => stats(1)?.requests).toBe(1_000);
    await expect.poll(() => stats(2)?.inFlight).toBe(0);
    // Five standard deviations of a binomial with 1,000 draws at 20 %.
    expect(Math.abs(mirror.requests - 200)).toBeLessThan(64);
  });
});
