import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LABELS } from "../../names.ts";
import { splitOf } from "../testing.ts";
import {
  chosenPods,
  isServing,
  type Pod,
  readSplit,
  SERVING,
  selectorFor,
  splitOfEndpoints,
  whyNotAsWished,
  withinReach,
  writeSplit,
} from "./serving.ts";

const pod = (revision: number, index: number, { ready = true, serving = false } = {}): Pod => ({
  metadata: {
    name: `r${revision}-${index}`,
    labels: { [LABELS.revision]: String(revision), ...(serving && { [SERVING]: "true" }) },
  },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
const pods = (revision: number, count: number, of?: Parameters<typeof pod>[2]): Pod[] =>
  Array.from({ length: count }, (_, index) => pod(revision, index, of));

const endpointsOf = (names: Iterable<string>) => [
  { metadata: { name: "slice" }, endpoints: [...names].map((name) => ({ targetRef: { kind: "Pod", name } })) },
];

test("one revision is selected by its own label, two by the pods that were chosen", () => {
  expect(selectorFor([...splitOf(0)])).toEqual({ [LABELS.revision]: "1" });
  expect(selectorFor(splitOf(500))).toEqual({ [SERVING]: "true" });
});

describe("the pods that are chosen", () => {
  test("make the weight by their number", () => {
    expect([...chosenPods(splitOf(2_500), [...pods(1, 4), ...pods(2, 1)])]).toEqual(["r1-0", "r1-1", "r1-2", "r2-0"]);
    expect(chosenPods(splitOf(0), pods(1, 4)).size).toBe(0);
  });

  test("are those that answer already, as long as they are ready", () => {
    const old = [pod(1, 0), pod(1, 1, { serving: true }), pod(1, 2, { serving: true, ready: false }), pod(1, 3)];
    expect(chosenPods(splitOf(5_000), [...old, pod(2, 0)])).toEqual(new Set(["r1-1", "r2-0"]));
  });

  // edge case 22
  test("are ready, all of them, and deal what is told of them", () => {
    const some = fc.array(fc.record({ ready: fc.boolean(), serving: fc.boolean() }), { maxLength: 12 });
    fc.assert(
      fc.property(some, some, fc.integer({ min: 1, max: 9_999 }), (old, fresh, weight) => {
        const all = [...old.map((of, index) => pod(1, index, of)), ...fresh.map((of, index) => pod(2, index, of))];
        const chosen = chosenPods(splitOf(weight), all);
        const ready = new Set(
          all.filter(({ status }) => status?.conditions?.[0]?.status === "True").map(({ metadata }) => metadata.name),
        );
        for (const name of chosen) expect(ready).toContain(name);
        // Chosen once more when they are marked, they are the same.
        const marked = all.map((one) => ({
          ...one,
          metadata: {
            ...one.metadata,
            labels: { ...one.metadata.labels, [SERVING]: String(chosen.has(one.metadata.name)) },
          },
        }));
        expect(chosenPods(splitOf(weight), marked)).toEqual(chosen);
        expect(marked.filter(isServing)).toHaveLength(chosen.size);
      }),
    );
  });
});

describe("what the endpoints deal", () => {
  const all = [...pods(1, 3), ...pods(2, 3)];

  test("is a share for each of them", () => {
    expect(splitOfEndpoints(endpointsOf(["r1-0", "r1-1", "r2-0"]), all)).toEqual([
      { revision: 1, weight: 6_667 },
      { revision: 2, weight: 3_333 },
    ]);
    expect(splitOfEndpoints([], all)).toEqual([]);
  });

  test("is nothing of those that are not ready, or nobody's", () => {
    const slice = {
      metadata: { name: "slice" },
      endpoints: [
        { targetRef: { name: "r1-0" } },
        { targetRef: { name: "r2-0" }, conditions: { ready: false } },
        { targetRef: { name: "stranger" } },
        {},
      ],
    };
    expect(splitOfEndpoints([slice], all)).toEqual([{ revision: 1, weight: 10_000 }]);
  });

  // edge case 12
  test("is everything for the candidate while stable has no ready pod, and that is as near to a wish as can be", () => {
    const wish = splitOf(2_500);
    const all = { revision: 2, weight: 10_000 };
    expect(withinReach(wish, [...pods(1, 3, { ready: false }), ...pods(2, 1)])).toEqual([all]);
    expect(withinReach(wish, [...pods(1, 1), ...pods(2, 1, { ready: false })])).toEqual(wish);
    expect(withinReach(wish, [...pods(1, 1), ...pods(2, 1)])).toEqual(wish);
    expect(withinReach(wish, [])).toEqual(wish);
  });

  // edge case 19
  test("is compared with what was wished, but for rounding", () => {
    expect(
      whyNotAsWished(splitOf(3_333), [
        { revision: 1, weight: 6_667 },
        { revision: 2, weight: 3_333 },
      ]),
    ).toBeNull();
    expect(whyNotAsWished([{ revision: 1, weight: 10_000 }], splitOf(2_500))).toBe(
      "the ready pods deal 75 % to revision 1, 25 % to revision 2, and 100 % to revision 1 is wished",
    );
    expect(whyNotAsWished(splitOf(500), [])).toMatch(/^the ready pods deal nothing/);
  });
});

test("a wish is read as it was written, and nonsense as none", () => {
  expect(readSplit(writeSplit(splitOf(25)))).toEqual(splitOf(25));
  for (const nonsense of [undefined, "", "{", "[1]", '[["a", 1]]', "null"]) expect(readSplit(nonsense)).toEqual([]);
});
