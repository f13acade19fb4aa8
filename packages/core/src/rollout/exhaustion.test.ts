import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CPU_SHARE,
  CPU_WINDOW_MS,
  exhaustionOf,
  LARGEST_GAP_MS,
  LEAST_SAMPLES,
  MEMORY_WINDOW_MS,
  type UsageSample,
} from "./exhaustion.ts";

const MIB = 1_048_576;
const limits = { memoryMb: 512, cpuCores: 2 };

/** Once a second, the last sample at 100 s. */
const history = (seconds: number, memoryMb: number, cpuCores: number): UsageSample[] =>
  Array.from({ length: seconds + 1 }, (_, index) => ({
    at: (100 - seconds + index) * 1_000,
    rssBytes: memoryMb * MIB,
    cpuCores,
  }));
const judge = (samples: readonly UsageSample[], of = limits) => exhaustionOf(2, [{ id: "greeter-2-0", samples }], of);

describe("memory", () => {
  test("above the limit for five seconds is too much, and the sentence says what and how long", () => {
    expect(judge(history(5, 700, 0.1))).toEqual({
      revision: 2,
      resource: "memory",
      message:
        "memory: instance greeter-2-0 used at least 700 MiB in each of 6 samples over 5 s, against a limit of 512 MiB; " +
        "one sample within the limit would have let it go on",
    });
  });

  test("at the limit, above it for less long, or with one sample within it, is not", () => {
    expect(judge(history(60, 512, 0.1))).toBeNull();
    expect(judge(history(4, 700, 0.1))).toBeNull();
    const dip = history(8, 700, 0.1).map((sample, index) => (index === 6 ? { ...sample, rssBytes: 0 } : sample));
    expect(judge(dip)).toBeNull();
    // What was too much long ago, and is not now.
    expect(judge([...history(20, 700, 0.1), { at: 101_000, rssBytes: 0, cpuCores: 0 }])).toBeNull();
  });
});

describe("processors", () => {
  test("held at the limit for thirty seconds are too much; busy below it, or for a start, are not", () => {
    expect(judge(history(30, 100, 1.97))).toMatchObject({ resource: "cpu" });
    expect(judge(history(30, 100, 1.97))?.message).toContain("at least 1.97 cores in each of 31 samples over 30 s");
    expect(judge(history(60, 100, 1.95))).toBeNull();
    expect(judge(history(29, 100, 2))).toBeNull();
  });
});

test("without a limit nothing is too much", () => {
  expect(judge(history(60, 1e6, 64), { memoryMb: Number.POSITIVE_INFINITY, cpuCores: 128 })).toBeNull();
  expect(exhaustionOf(2, [{ id: "a", samples: history(60, 1e6, 64) }], { memoryMb: null, cpuCores: null })).toBeNull();
});

test("one instance of several is enough, and memory is said before processors", () => {
  const calm = { id: "a", samples: history(60, 10, 0.1) };
  expect(exhaustionOf(2, [calm, { id: "b", samples: history(60, 700, 2) }], limits)).toMatchObject({
    resource: "memory",
    message: expect.stringContaining("instance b"),
  });
  expect(exhaustionOf(2, [calm], limits)).toBeNull();
  expect(exhaustionOf(2, [], limits)).toBeNull();
});

const sample: fc.Arbitrary<UsageSample> = fc.record({
  at: fc.integer({ min: 0, max: 60_000 }),
  rssBytes: fc.oneof(
    fc.integer({ min: 0, max: 1_024 }).map((mb) => mb * MIB),
    fc.constant(Number.NaN),
  ),
  cpuCores: fc.oneof(fc.double({ min: 0, max: 3, noNaN: true }), fc.constant(Number.NaN)),
});

describe("any history", () => {
  test("is judged as by the rule, read aloud, in whatever order it comes", () => {
    fc.assert(
      fc.property(fc.uniqueArray(sample, { maxLength: 40, selector: ({ at }) => at }), (samples) => {
        const found = judge(samples);
        const ordered = [...samples].sort((left, right) => left.at - right.at);
        const broken = (tooHigh: (one: UsageSample) => boolean, windowMs: number): boolean =>
          ordered.some((first, from) => {
            const run = ordered.slice(from);
            const gaps = run.slice(1).map((one, index) => one.at - (run[index]?.at ?? 0));
            return (
              run.every(tooHigh) &&
              run.length >= LEAST_SAMPLES &&
              gaps.every((gap) => gap <= LARGEST_GAP_MS) &&
              (run.at(-1)?.at ?? 0) - first.at >= windowMs
            );
          });
        const memory = broken(({ rssBytes }) => rssBytes > limits.memoryMb * MIB, MEMORY_WINDOW_MS);
        const cpu = broken(({ cpuCores }) => cpuCores >= CPU_SHARE * limits.cpuCores, CPU_WINDOW_MS);
        expect(found?.resource ?? null).toBe(memory ? "memory" : cpu ? "cpu" : null);
        expect(judge(samples.toReversed())).toEqual(found);
      }),
    );
  });

  test("that is within its limits at the last moment is never too much", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
        expect(judge([...samples, { at: 61_000, rssBytes: 0, cpuCores: 0 }])).toBeNull();
      }),
    );
  });

  test("says no number that is none", () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
        expect(judge(samples)?.message ?? "").not.toContain("NaN");
      }),
    );
  });
});
