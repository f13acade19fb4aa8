import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nodeSteps, placesOf } from "./node.places.ts";
import { parseSelector, requirementsOf, selectorText, selectsNode } from "./node.selector.ts";

const web = { name: "web", labels: { environment: "production", tier: "frontend" } };

describe("a selector of nodes", () => {
  test.each([
    ["environment=production,tier=frontend", true],
    ["environment==production", true],
    ["environment=staging", false],
    ["tier!=backend", true],
    ["tier in (frontend, edge)", true],
    ["tier notin (frontend),environment=production", false],
    ["tier", true],
    ["!tier", false],
    ["!gpu", true],
    ["gpu!=none", true],
    ["gpu=", false],
    ["toString", false],
  ])("%s", (text, selected) => {
    expect(selectsNode(parseSelector(text), web)).toBe(selected);
  });

  test.each(["", "a=b,", "=b", "a in b", "a in (b", "a b", "a=b c", "-a=b"])("%j is refused by name", (text) => {
    expect(() => parseSelector(text)).toThrow("conditions such as key=value");
  });

  test("what it says can be said again in words", () => {
    const label = fc.constantFrom("tier", "zone/a", "x.y");
    const value = fc.constantFrom("a", "b-c", "1.2");
    const part = fc.oneof(
      fc.tuple(label, fc.constantFrom("=", "!="), value).map((words) => words.join("")),
      fc
        .tuple(label, fc.constantFrom(" in ", " notin "), fc.array(value, { minLength: 1, maxLength: 3 }))
        .map(([key, sign, values]) => `${key}${sign}(${values.join(", ")})`),
      fc.tuple(fc.constantFrom("", "!"), label).map((words) => words.join("")),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const read = parseSelector(parts.join(","));
        expect(parseSelector(selectorText(read))).toEqual(read);
      }),
    );
  });

  test("labels are conditions that must all hold", () => {
    expect(selectsNode(requirementsOf({ tier: "frontend", environment: "production" }), web)).toBe(true);
    expect(selectsNode(requirementsOf({ tier: "frontend", environment: "staging" }), web)).toBe(false);
    expect(selectsNode(requirementsOf({}), web)).toBe(true);
  });
});

test("each step of a rolling update is one more node, complete; with many nodes a few more", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 5 }), (nodes, replicas) => {
      const done = nodeSteps(nodes).map(
        (percent) => Math.ceil((nodes * replicas * Math.round(percent * 100)) / 10_000) / replicas,
      );
      expect(done.every(Number.isInteger)).toBe(true);
      expect(done.at(-1)).toBe(nodes);
      expect(done).toEqual([...new Set(done)].toSorted((left, right) => left - right));
      if (nodes <= 50) expect(done).toEqual(Array.from({ length: nodes }, (_, index) => index + 1));
    }),
  );
});

test("places are filled node by node", () => {
  expect(placesOf({ nodes: ["a", "b"], replicas: 2, leading: null })).toEqual([
    { node: "a", replica: 0 },
    { node: "a", replica: 1 },
    { node: "b", replica: 0 },
    { node: "b", replica: 1 },
  ]);
});
