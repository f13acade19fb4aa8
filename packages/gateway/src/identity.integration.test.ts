import { describe, expect, test } from "vitest";
import { freePort, startGateway, startInstance } from "./testing/gateway.fixture.ts";
import { backend, routeConfig, split } from "./testing/route.fixture.ts";

/** An instance that answers with what it was told of itself. */
const startTold = () =>
  startInstance((incoming, response) => {
    incoming.resume();
    const { headers } = incoming;
    const told = ["revision", "version", "deployment", "mirror"].map((name) => headers[`x-sluice-${name}`] ?? "-");
    response.end(told.join(" "));
  });

describe("an instance", () => {
  test("is told which revision it is, whatever the caller claims", async () => {
    const [stable, candidate] = await Promise.all([startTold(), startTold()]);
    const { gateway, get } = await startGateway();
    const config = routeConfig({ backends: [backend(1, stable.port), backend(2, candidate.port)] });
    await gateway.apply({ ...config, split: split(0) });
    const headers = { "x-sluice-revision": "7", "X-Sluice-Version": "7", "x-sluice-mirror": "1" };
    expect((await get("/", { headers })).text).toBe("1 1.1.0 dep_1 -");
    await gateway.apply({ ...config, epoch: 2, split: split(10_000) });
    expect((await get("/", { headers })).text).toBe("2 1.2.0 dep_1 -");
  });

  test("of another revision is told of its own when it takes over a request", async () => {
    const stable = await startTold();
    const { gateway, get } = await startGateway();
    const backends = [backend(1, stable.port), backend(2, await freePort())];
    await gateway.apply(routeConfig({ backends, split: split(9_999) }));
    expect((await get()).text).toBe("1 1.1.0 dep_1 -");
  });

  test("that gets copies is told of itself, not of the one that answers", async () => {
    const told: unknown[] = [];
    const stable = await startTold();
    const mirror = await startInstance((incoming, response) => {
      told.push(incoming.headers["x-sluice-revision"], incoming.headers["x-sluice-mirror"]);
      response.end();
    });
    const { gateway, get } = await startGateway();
    const backends = [backend(1, stable.port), backend(2, mirror.port)];
    await gateway.apply(routeConfig({ backends, mirror: { revision: 2, weight: 10_000 } }));
    expect((await get()).text).toBe("1 1.1.0 dep_1 -");
    await expect.poll(() => told).toEqual(["2", "1"]);
  });
});

describe("a request for one deployment alone", () => {
  test("is answered with the instance's name, and by no other deployment", async () => {
    const instance = await startTold();
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)], split: split(0) }));
    const named = await get("/", { headers: { "x-sluice-only": "dep_1" } });
    expect(named).toMatchObject({ status: 200, text: "1 1.1.0 dep_1 -" });
    expect(named.headers["x-sluice-instance"]).toBe(backend(1, instance.port).endpoints[0]?.id);
    expect((await get()).headers["x-sluice-instance"]).toBeUndefined();
    const other = await get("/", { headers: { "X-Sluice-Only": "dep_2" } });
    expect(other).toMatchObject({ status: 421, revision: null });
  });
});

describe("a pin by region", () => {
  test("takes the callers of that region, as the header of the setting says", async () => {
    const [stable, candidate] = await Promise.all([startTold(), startTold()]);
    const { gateway, get } = await startGateway();
    const backends = [backend(1, stable.port), backend(2, candidate.port)];
    const config = routeConfig({ backends, split: split(0), pins: [{ revision: 2, region: "eu-west" }] });
    const revisionFrom = async (headers: Record<string, string>) => (await get("/", { headers })).revision;
    await gateway.apply(config);
    expect(await revisionFrom({ "x-sluice-region": "EU-West" })).toBe(2);
    expect(await revisionFrom({ "x-sluice-region": "us-east" })).toBe(1);
    expect(await revisionFrom({})).toBe(1);
    await gateway.apply({ ...config, epoch: 2, regionHeader: "cf-ipcountry" });
    expect(await revisionFrom({ "x-sluice-region": "eu-west" })).toBe(1);
    expect(await revisionFrom({ "cf-ipcountry": "EU-WEST" })).toBe(2);
  });
});
