import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Output } from "./output.ts";
import { type Point, pointsOf } from "./points.ts";
import { ProcessRanking } from "./ranking.ts";
import type { Selection } from "./settings.ts";

const point = (program: string, value: number, more: Partial<Point> = {}): Point => ({
  series: `cpu ${program}`,
  name: "process.cpu.time",
  attributes: { "process.executable.name": program },
  value,
  ...more,
});

const top = (programs: number, always: string[] = []): Selection => ({
  rankBy: "cpu",
  limit: { programs },
  always,
  refreshSeconds: 1,
});

const FOREVER = 1e9;

describe("top-k", () => {
  test("ranks by processor time used since the choice before, not by what was ever used", () => {
    const ranking = new ProcessRanking(top(1));
    ranking.observe([point("old", 1_000), point("busy", 1)], 0);
    expect(ranking.choose(0, FOREVER)).toEqual(["old"]);
    ranking.observe([point("old", 1_001), point("busy", 50)], 1_000);
    expect(ranking.choose(1_000, FOREVER)).toEqual(["busy"]);
  });

  test("critical programs come beside the best, by name and by star", () => {
    const ranking = new ProcessRanking(top(1, ["nginx", "app-*"]));
    ranking.observe([point("busy", 9), point("nginx", 0), point("app-1", 1), point("idle", 2)], 0);
    expect(ranking.choose(0, FOREVER)).toEqual(["app-1", "nginx", "busy"]);
  });

  test("processes of one program count together", () => {
    const ranking = new ProcessRanking(top(1));
    ranking.observe([point("a", 5, { series: "1" }), point("a", 5, { series: "2" }), point("b", 9)], 0);
    expect(ranking.choose(0, FOREVER)).toEqual(["a"]);
  });

  test("a program that ended is forgotten", () => {
    const ranking = new ProcessRanking(top(5));
    ranking.observe([point("gone", 5)], 0);
    ranking.observe([point("here", 1)], 70_000);
    expect(ranking.choose(70_000, 60_000)).toEqual(["here"]);
  });

  test("memory is what is used now", () => {
    const ranking = new ProcessRanking({ ...top(1), rankBy: "memory" });
    const memory = { name: "process.memory.usage" };
    ranking.observe([point("a", 10, memory), point("b", 20, memory)], 0);
    ranking.observe([point("a", 30, memory), point("b", 20, memory)], 1);
    expect(ranking.choose(1, FOREVER)).toEqual(["a"]);
  });

  test("never more than k pass beside the critical ones, whatever is observed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.dictionary(fc.string({ minLength: 1 }), fc.nat()), (k, use) => {
        const ranking = new ProcessRanking(top(k));
        ranking.observe(
          Object.entries(use).map(([program, value]) => point(program, value)),
          0,
        );
        expect(ranking.choose(0, FOREVER)).toHaveLength(Math.min(k, Object.keys(use).length));
      }),
    );
  });
});

test("adaptive: as many programs as their series fit the budget; critical ones are paid first", () => {
  const ranking = new ProcessRanking({ ...top(0), limit: { series: 4 }, always: ["critical"] });
  const series = (program: string, count: number, value: number) =>
    Array.from({ length: count }, (_, index) => point(program, value, { series: `${program} ${index}` }));
  ranking.observe([...series("critical", 1, 0), ...series("a", 2, 9), ...series("b", 2, 5), ...series("c", 1, 1)], 0);
  expect(ranking.choose(0, FOREVER)).toEqual(["critical", "a"]);
});

describe("what leaves", () => {
  test("is counted by series, and forgotten when it brings nothing any more", () => {
    const output = new Output(1_000);
    output.add([point("a", 1), point("a", 2), point("b", 1)], 0);
    expect(output.cardinality(0)).toBe(2);
    output.add([point("b", 2)], 900);
    expect(output.cardinality(1_500)).toBe(1);
    expect(output.text(1_500)).toBe('process_cpu_time{process_executable_name="b"} 2\n');
  });

  test("is shown with names and values that Prometheus reads", () => {
    const output = new Output(1_000);
    output.add([point('a"\\\n', 1, { name: "1.x/y" })], 0);
    expect(output.text(0)).toBe('_1_x_y{process_executable_name="a\\"\\\\\\n"} 1\n');
  });
});

test("an OTLP message is read point by point, and what is none has none", () => {
  const message = {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: "host", value: { stringValue: "h" } }] },
        scopeMetrics: [
          {
            metrics: [
              {
                name: "g",
                gauge: { dataPoints: [{ asInt: "5", attributes: [{ key: "n", value: { intValue: "1" } }] }] },
              },
              { name: "h", histogram: { dataPoints: [{ count: "1" }] } },
            ],
          },
        ],
      },
    ],
  };
  expect([...pointsOf(message)]).toMatchObject([
    { name: "g", value: 5, attributes: { host: "h", n: "1" } },
    { name: "h", value: null },
  ]);
  for (const nothing of [null, 1, "x", [], { resourceMetrics: 1 }, { resourceMetrics: [null, { scopeMetrics: [1] }] }])
    expect([...pointsOf(nothing)]).toEqual([]);
});
