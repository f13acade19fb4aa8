import { type GatewaySnapshot, type RouteConfig, type RouteObservation, SluiceError } from "@sluice/core";
import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import type { GatewayAddress } from "./gateway.address.ts";
import { createGatewaySet } from "./gateway.set.ts";
import { ROUTE as config } from "./testing/route.fixture.ts";

/** Gateways that live in memory: they take what they are told, and can be cut off. */
function world() {
  let clock = 0;
  const gateways = new Map<
    string,
    { up: boolean; leaving: boolean; admitted: boolean; refuses: SluiceError | null; routes: Map<string, RouteConfig> }
  >();
  const names = new Map<string, string[]>();
  const of = (url: string) => {
    const known = gateways.get(url) ?? {
      up: true,
      leaving: false,
      admitted: true,
      refuses: null,
      routes: new Map<string, RouteConfig>(),
    };
    gateways.set(url, known);
    return known;
  };
  const observe = ({ id, epoch, split }: RouteConfig): RouteObservation => ({
    ...{ id, epoch, split, usable: [], stats: [], guard: null },
  });
  const open = (addresses: GatewayAddress[]) => {
    const set = createGatewaySet({
      addresses,
      connect: ({ url }) => ({
        async putRoute(wanted) {
          const { up, refuses, routes } = of(url);
          if (!up) throw new SluiceError("unavailable", `${url} does not answer`);
          if (refuses !== null) throw refuses;
          routes.set(wanted.id, wanted);
          return observe(wanted);
        },
        deleteRoute: async (id) => void of(url).routes.delete(id),
        async *stream(signal) {
          while (of(url).up && !signal.aborted) {
            const { leaving, admitted, routes } = of(url);
            const snapshot: GatewaySnapshot = {
              gateway: url,
              startedAt: 0,
              observedAt: 0,
              routes: [...routes.values()].map(observe),
            };
            yield { ...snapshot, ...(leaving && { leaving }), ...(!admitted && { ready: false }) };
            await new Promise((resolve) => setTimeout(resolve, 100));
          }
        },
        async admit() {
          of(url).admitted = true;
        },
        close: async () => undefined,
      }),
      resolve: async (host) => names.get(host) ?? Promise.reject(new Error("no such name")),
      logger: pino({ level: "silent" }),
      now: () => clock,
    });
    onTestFinished(() => {
      const closed = set.close();
      return pass(2_000).then(() => closed);
    });
    return set;
  };
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock += 50;
      await vi.advanceTimersByTimeAsync(50);
    }
  };
  return { of, names, open, pass };
}

function fakeTime(): void {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
}

const A = "http://10.0.0.1:1";
const B = "http://10.0.0.2:1";
const BOTH: GatewayAddress[] = [
  { url: A, resolves: false },
  { url: B, resolves: false },
];

test("a route is in force when every gateway has it", async () => {
  fakeTime();
  const { of, open, pass } = world();
  const set = open(BOTH);
  expect(set.connected()).toBe(false);
  await expect(set.put(config)).rejects.toMatchObject({ code: "unavailable" });
  await pass(300);
  expect(set.connected()).toBe(true);
  await set.put(config);
  expect(set.route("dep_1")).toMatchObject({ epoch: 5, split: config.split });
  expect(of(B).routes.get("dep_1")).toEqual(config);
  await set.remove("dep_1");
  expect(set.route("dep_1")).toBeNull();
});

test("one that is silent leaves nothing verified, until it has been silent so long that the others go on without it", async () => {
  fakeTime();
  const { of, open, pass } = world();
  const set = open(BOTH);
  await pass(300);
  await set.put(config);
  const rung: string[] = [];
  set.onRoute((deployment) => rung.push(deployment));
  of(B).up = false;
  await pass(3_000);
  expect(set.connected()).toBe(false);
  expect(set.answers()).toBe(true);
  expect(set.route("dep_1")?.epoch).toBe(5);
  // What is written meanwhile is written at the one that answers.
  await set.put({ ...config, epoch: 6 });
  rung.length = 0;
  await pass(31_000);
  expect(set.connected()).toBe(true);
  expect(set.size()).toBe(1);
  expect(rung).toContain("dep_1");
});

test("one that returns counts again, is told of, and its old epoch is not taken for the one in force", async () => {
  fakeTime();
  const { of, open, pass } = world();
  const set = open(BOTH);
  await pass(300);
  await set.put(config);
  of(B).up = false;
  await pass(35_000);
  await set.put({ ...config, epoch: 6 });
  let connections = 0;
  set.onConnect(() => {
    connections += 1;
  });
  of(B).up = true;
  await pass(1_000);
  expect(connections).toBe(1);
  expect(set.size()).toBe(2);
  expect(set.route("dep_1")?.epoch).toBe(5);
  await set.put({ ...config, epoch: 6 });
  expect(set.route("dep_1")?.epoch).toBe(6);
});

test("one that says that it ends is not waited for once it has", async () => {
  fakeTime();
  const { of, open, pass } = world();
  const set = open(BOTH);
  await pass(300);
  of(B).leaving = true;
  await pass(300);
  expect(set.size()).toBe(2);
  of(B).up = false;
  await pass(1_000);
  expect(set.size()).toBe(1);
  expect(set.connected()).toBe(true);
});

test("a name means all that it resolves to, as they come and go; a name server that is away changes nothing", async () => {
  fakeTime();
  const { of, names, open, pass } = world();
  names.set("gateways", ["10.0.0.1", "fd00::2"]);
  const set = open([{ url: "http://gateways:1", resolves: true }]);
  await pass(500);
  expect(set.size()).toBe(2);
  await set.put(config);
  expect(of("http://[fd00::2]:1").routes.size).toBe(1);
  names.delete("gateways");
  await pass(6_000);
  expect(set.connected()).toBe(true);
  names.set("gateways", ["10.0.0.1", "10.0.0.3"]);
  of("http://[fd00::2]:1").up = false;
  await pass(6_000);
  expect(set.connected()).toBe(true);
  expect(set.size()).toBe(2);
  expect(set.route("dep_1")?.epoch).toBe(0);
});

test("a refusal says more than a silence", async () => {
  fakeTime();
  const { of, open, pass } = world();
  const set = open(BOTH);
  await pass(300);
  of(B).refuses = new SluiceError("aborted", "epoch 5 is older than 9");
  await expect(set.put(config)).rejects.toMatchObject({ code: "aborted" });
  of(B).refuses = null;
  of(B).up = false;
  await expect(set.put(config)).rejects.toMatchObject({ code: "unavailable" });
  expect(of(A).routes.get("dep_1")?.epoch).toBe(5);
});

test("a new one is sent callers when it has every route that the others have", async () => {
  fakeTime();
  const { of, open, pass } = world();
  of(B).up = false;
  of(B).admitted = false;
  const set = open(BOTH);
  await pass(300);
  await set.put(config);
  of(B).up = true;
  await pass(5_000);
  expect(of(B).admitted).toBe(false);
  await set.put(config);
  await pass(1_000);
  expect(of(B).admitted).toBe(true);
});

test("the first of all is sent callers when it had time to be told what there is", async () => {
  fakeTime();
  const { of, open, pass } = world();
  of(A).admitted = false;
  open([{ url: A, resolves: false }]);
  await pass(2_000);
  expect(of(A).admitted).toBe(false);
  await pass(3_000);
  expect(of(A).admitted).toBe(true);
});
