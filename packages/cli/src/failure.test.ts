import { ApiError, UnreachableError, WaitTimeoutError } from "@sluice/client";
import { expect, test } from "vitest";
import { CliError, EXIT, exitCodeOf } from "./exit.ts";
import { describeFailure } from "./failure.ts";
import { rollout } from "./testing/fixtures.ts";

const answer = (status: number, more: object = {}) =>
  new ApiError({ type: "about:blank", title: "No", status, detail: "the detail", ...more });

test.each([
  [400, EXIT.usage],
  [401, EXIT.auth],
  [403, EXIT.auth],
  [404, EXIT.notFound],
  [409, EXIT.refused],
  [429, EXIT.refused],
  [500, EXIT.unexpected],
  [503, EXIT.unreachable],
])("an answer of %d is exit code %d", (status, exitCode) => {
  expect(describeFailure(answer(status)).exitCode).toBe(exitCode);
});

test("every bad field is shown with what was found and what is allowed", () => {
  const errors = [
    { field: "strategy.initialPercentage", found: 120, allowed: "0 to 100" },
    { field: "", found: null, allowed: "an object" },
  ];
  expect(describeFailure(answer(400, { errors })).lines).toEqual([
    "the detail",
    "  strategy.initialPercentage: found 120; allowed: 0 to 100",
    "  (the body): found null; allowed: an object",
  ]);
});

test("a field that the sentence is about is not told twice", () => {
  const detail = 'conditions[0].metric is "acuracy"; allowed: score, accuracy (and 1 more)';
  const errors = [
    { field: "conditions[0].metric", found: "acuracy", allowed: "score, accuracy" },
    { field: "conditions[0].operator", found: "ne", allowed: "one of gte, lte" },
  ];
  expect(describeFailure(answer(400, { detail, errors })).lines).toEqual([
    detail,
    '  conditions[0].operator: found "ne"; allowed: one of gte, lte',
  ]);
});

test("what is refused for a field is not looked up at a rollout", () => {
  const detail = "pause is not possible while the rollout is completed; no command is allowed";
  expect(describeFailure(answer(409, { detail })).hints).toHaveLength(1);
  expect(describeFailure(answer(409, { detail: "channel incidents exists already" })).hints).toEqual([]);
  const errors = [{ field: "target_nodes", found: "tier=x", allowed: "labels that a node has" }];
  expect(describeFailure(answer(409, { errors })).hints).toEqual([]);
});

test.each([
  ["notification channel nix does not exist in project default", ["sluice notification list"]],
  ["deployment nix does not exist", ["sluice deploy list"]],
  ["batch 7 does not exist", []],
])("what is not there may be looked up among its like: %s", (detail, hints) => {
  expect(describeFailure(answer(404, { detail })).hints).toEqual(hints);
});

test("an unexpected failure of the server names what to look for in its log", () => {
  expect(describeFailure(answer(500, { instance: "urn:uuid:7" })).lines).toContain(
    "The server's log tells more about urn:uuid:7.",
  );
});

test("`sluice up` is proposed for this machine only", () => {
  const hints = (url: string) => describeFailure(new UnreachableError(url, new Error("refused"))).hints.join("\n");
  expect(hints("http://127.0.0.1:8303")).toContain("sluice up");
  expect(hints("https://sluice.example")).not.toContain("sluice up");
});

test("a wait that took too long is exit code 10 and says how to go on watching", () => {
  const { exitCode, hints } = describeFailure(new WaitTimeoutError(rollout(), 1_000));
  expect({ exitCode, hints }).toEqual({ exitCode: EXIT.timeout, hints: ["sluice rollout watch rol_1"] });
});

test("what is explained already is shown without a stack, what is not with one", () => {
  expect(describeFailure(new CliError(EXIT.refused, "no")).lines).toEqual(["no"]);
  const [text] = describeFailure(new TypeError("boom")).lines;
  expect(text).toMatch(/TypeError: boom\n +at /);
});

test.each([
  ["completed", EXIT.ok],
  ["rolled_back", EXIT.rolledBack],
  ["failed", EXIT.failed],
  ["gates_failed", EXIT.failed],
  ["cancelled", EXIT.cancelled],
  ["superseded", EXIT.cancelled],
] as const)("a rollout that ends %s ends its command with %d", (phase, exitCode) => {
  expect(exitCodeOf(phase)).toBe(exitCode);
});
