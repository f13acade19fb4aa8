import { describe, expect, test } from "vitest";
import { startGateway, startInstance } from "./testing/gateway.fixture.ts";
import { backend, guardConfig, routeConfig, split } from "./testing/route.fixture.ts";

const startEcho = (name: string) =>
  startInstance((incoming, response) => {
    incoming.resume();
    response.writeHead(incoming.url === "/broken" ? 500 : 200).end(`${name} ${incoming.url}`);
  });

async function previewed() {
  const [stable, candidate] = await Promise.all([startEcho("stable"), startEcho("candidate")]);
  const running = await startGateway();
  const config = routeConfig({
    match: { path: "/shop" },
    split: split(0),
    backends: [backend(1, stable.port), backend(2, candidate.port)],
    pins: [{ revision: 2, headers: { "x-sluice-preview": "true" } }],
    preview: { path: "/shop-next", revision: 2 },
    guard: guardConfig(),
  });
  await running.gateway.apply(config);
  return { config, ...running };
}

describe("a preview", () => {
  test("serves the candidate alone at a path of its own, without that prefix, beside the route", async () => {
    const { get } = await previewed();
    expect(await get("/shop-next/cart?x=1")).toMatchObject({ text: "candidate /cart?x=1", revision: 2 });
    expect(await get("/shop/cart")).toMatchObject({ text: "stable /cart", revision: 1 });
    expect((await get("/shop", { headers: { "x-sluice-preview": "true" } })).text).toBe("candidate /");
    expect((await get("/shop-nextdoor")).status).toBe(404);
  });

  test("is never counted by the guard, however it fails", async () => {
    const { get, gateway, stats } = await previewed();
    for (let request = 0; request < 30; request += 1) {
      expect((await get("/shop-next/broken")).status).toBe(500);
      await get("/shop/fine");
    }
    await expect.poll(() => [stats(1)?.requests, stats(2)?.requests]).toEqual([30, 30]);
    const [route] = gateway.snapshot().routes;
    expect(route?.guard?.closed).toBeNull();
    expect(route?.guard?.samples.candidate).toBe(0);
  });

  test("keeps the path when the route does, and the conditions of the route", async () => {
    const { get, gateway, config } = await previewed();
    const match = { path: "/shop", headers: { "x-tenant": "a" } };
    await gateway.apply({ ...config, epoch: 2, match, stripPrefix: false });
    expect((await get("/shop-next/cart")).status).toBe(404);
    expect((await get("/shop-next/cart", { headers: { "x-tenant": "a" } })).text).toBe("candidate /shop-next/cart");
  });

  test("vanishes with the configuration that has none, and answers 503 while no instance is there", async () => {
    const { get, gateway, config } = await previewed();
    await gateway.apply({ ...config, epoch: 2, backends: config.backends.slice(0, 1) });
    expect((await get("/shop-next")).status).toBe(503);
    await gateway.apply({ ...config, epoch: 3, preview: null });
    expect((await get("/shop-next")).status).toBe(404);
  });

  test("takes no path that another route has, and gives none to another", async () => {
    const { gateway, config } = await previewed();
    const other = routeConfig({ id: "dep_2", deployment: "other", match: { path: "/other" } });
    await gateway.apply(other);
    await expect(gateway.apply({ ...other, match: { path: "/shop-next/" } })).rejects.toMatchObject({
      code: "already_exists",
    });
    const preview = { path: "/other", revision: 2 };
    await expect(gateway.apply({ ...config, epoch: 2, preview })).rejects.toThrow(/other \(dep_2\) has the same match/);
  });
});
