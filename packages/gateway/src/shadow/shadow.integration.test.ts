import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import type { ShadowOptions } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { freePort, startGateway, startInstance } from "../testing/gateway.fixture.ts";
import { backend, routeConfig } from "../testing/route.fixture.ts";
import { COMPARED_BODY_BYTES } from "./body.difference.ts";
import { PAIRS_HELD } from "./shadow.ledger.ts";

const json =
  (value: unknown): RequestListener =>
  (incoming, response) => {
    incoming.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };

const text =
  (body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (incoming, response) => {
    incoming.resume();
    response.writeHead(200, headers).end(body);
  };

/** A route whose every request is copied from a stable instance to a candidate, and what was seen of both. */
async function shadowed(stable: RequestListener, candidate: RequestListener | number, more: Partial<ShadowOptions>) {
  const first = await startInstance(stable);
  const port = typeof candidate === "number" ? candidate : (await startInstance(candidate)).port;
  const running = await startGateway();
  const config = routeConfig({
    backends: [backend(1, first.port), backend(2, port)],
    mirror: { revision: 2, weight: 10_000 },
    compare: { hypothesis: "rol_1", bodies: "none", ignore: [], ...more },
  });
  await running.gateway.apply(config);
  const report = () => running.gateway.snapshot().routes[0]?.shadow;
  return { config, report, ...running };
}

describe("a shadow", () => {
  test("that answers alike shows no difference, and how long both took", async () => {
    const { get, report } = await shadowed(json({ id: 1, sum: 3 }), json({ sum: 3, id: 2 }), {
      bodies: "json",
      ignore: ["/id"],
    });
    for (let request = 0; request < 20; request += 1) expect((await get("/a?b=c")).status).toBe(200);
    await expect.poll(report).toMatchObject({
      hypothesis: "rol_1",
      compared: 20,
      skipped: 0,
      statusMismatches: 0,
      bodyMismatches: 0,
      bodiesSkipped: 0,
      examples: [],
    });
    expect(report()?.latencyMs.stable?.p50).toBeGreaterThan(0);
    expect(report()?.latencyMs.candidate?.p99).toBeGreaterThan(0);
  });

  test("that differs in a body is shown by its first examples, without queries", async () => {
    const { get, report } = await shadowed(json({ items: [{ price: 12 }] }), json({ items: [{ price: 13 }] }), {
      bodies: "json",
    });
    for (let request = 0; request < 15; request += 1) await get("/cart?token=secret");
    await expect.poll(() => report()?.bodyMismatches).toBe(15);
    expect(report()?.examples).toHaveLength(10);
    expect(report()?.examples[0]).toEqual({
      method: "GET",
      path: "/cart",
      stable: 200,
      candidate: 200,
      difference: "/items/0/price: 12 against 13",
    });
  });

  test("that differs by a byte is shown by an exact comparison, and not when bodies are not compared", async () => {
    const exact = await shadowed(text("hello world"), text("hello there"), { bodies: "exact" });
    await exact.get();
    await expect.poll(() => exact.report()?.examples[0]?.difference).toBe('byte 6: "world" against "there"');
    const none = await shadowed(text("hello world"), text("hello there"), { bodies: "none" });
    await none.get();
    await expect.poll(none.report).toMatchObject({ compared: 1, bodyMismatches: null, examples: [] });
  });

  test("is compared unpacked", async () => {
    const packed = text(gzipSync('{"a":1}', { level: 9 }), { "content-encoding": "gzip" });
    const { get, report } = await shadowed(packed, json({ a: 1 }), { bodies: "json" });
    await get();
    await expect.poll(report).toMatchObject({ compared: 1, bodyMismatches: 0, bodiesSkipped: 0 });
  });

  test("that answers another class of status is a mismatch, whatever the bodies are", async () => {
    const failing: RequestListener = (_incoming, response) => {
      response.writeHead(500).end("x");
    };
    const { get, report } = await shadowed(text("x"), failing, { bodies: "exact" });
    await get("/y", { method: "POST", body: "z" });
    await expect.poll(report).toMatchObject({ compared: 1, statusMismatches: 1, bodyMismatches: 0 });
    expect(report()?.examples[0]).toMatchObject({ method: "POST", stable: 200, candidate: 500 });
  });

  test("that is dead, or answers nothing, is skipped and fails nothing", async () => {
    const { get, report } = await shadowed(text("x"), await freePort(), { bodies: "exact" });
    for (let request = 0; request < 5; request += 1) expect((await get()).status).toBe(200);
    // Copies are not even begun once the instance is known to be away.
    await expect.poll(() => report()?.skipped).toBeGreaterThan(0);
    expect(report()?.compared).toBe(0);
  });

  test("whose bodies are long or endless is compared without them", async () => {
    const long = text(Buffer.alloc(COMPARED_BODY_BYTES + 1, "a"));
    const streaming: RequestListener = (incoming, response) => {
      incoming.resume();
      response.writeHead(200, { "content-type": "text/event-stream" }).end("data: 1\n\n");
    };
    const lengthy = await shadowed(long, long, { bodies: "exact" });
    expect((await lengthy.get()).text).toHaveLength(COMPARED_BODY_BYTES + 1);
    await expect.poll(lengthy.report).toMatchObject({ compared: 1, bodiesSkipped: 1, bodyMismatches: 0 });
    const streamed = await shadowed(streaming, streaming, { bodies: "exact" });
    await streamed.get();
    await expect.poll(streamed.report).toMatchObject({ compared: 1, bodiesSkipped: 1, bodyMismatches: 0 });
  });

  test("that hangs holds only so many pairs, and delays no answer", async () => {
    const { get, report } = await shadowed(text("x"), () => undefined, { bodies: "exact" });
    const asked = PAIRS_HELD + 20;
    for (let request = 0; request < asked; request += 1) expect((await get()).text).toBe("x");
    expect(report()).toMatchObject({ compared: 0, skipped: 20 });
  });

  test("keeps its report when the mirror ends, and begins anew with the next hypothesis", async () => {
    // edge case 45
    const { get, report, gateway, config } = await shadowed(text("x"), text("y"), { bodies: "exact" });
    await get();
    await expect.poll(() => report()?.bodyMismatches).toBe(1);
    await gateway.apply({ ...config, epoch: 2, mirror: null, compare: null });
    await get();
    expect(report()).toMatchObject({ hypothesis: "rol_1", compared: 1 });
    const compare: ShadowOptions = { hypothesis: "rol_2", bodies: "exact", ignore: [] };
    await gateway.apply({ ...config, epoch: 3, compare });
    expect(report()).toMatchObject({ hypothesis: "rol_2", compared: 0, bodyMismatches: 0, examples: [] });
  });
});
