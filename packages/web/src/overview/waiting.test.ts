import { expect, test } from "vitest";
import { waitsFor } from "./waiting.ts";

const asked: Parameters<typeof waitsFor>[0] = {
  ...{ allowedCommands: ["approve", "reject", "cancel"], approvals: [], approvers: null, environment: "production" },
  ...{ failure: null, fourEyes: true, paused: false, phase: "awaiting_approval", step: 0, triggeredBy: "ada" },
};
const grace = { name: "grace", actions: ["rollout.write", "rollout.approve"], environment: null };
const approval = { actor: "grace", comment: "", at: "2026-11-22T10:00:00.000Z", step: null };
const failure = { at: "2026-11-22T10:00:00.000Z", trigger: "manual", reason: "", frozen: false } as const;

test.each([
  ["somebody who may approve, asked by another", {}, {}, "approval"],
  ["nobody who only looks", {}, { actions: [] }, null],
  ["nobody of another environment", {}, { environment: "staging" }, null],
  ["not who asked for it, where four eyes are needed", { triggeredBy: "grace" }, {}, null],
  ["who asked for it, where two eyes are enough", { triggeredBy: "grace", fourEyes: false }, {}, "approval"],
  ["one of those who are named", { approvers: ["grace"] }, {}, "approval"],
  ["none who is not named", { approvers: ["linus"] }, {}, null],
  ["nobody twice", { approvals: [approval] }, {}, null],
  ["once more at a later step", { approvals: [approval], phase: "shifting", step: 2 }, {}, "approval"],
  ["nobody while it takes no approval", { allowedCommands: ["pause"] }, {}, null],
  ["somebody to decide where it was stopped", { allowedCommands: ["resume"], failure }, {}, "decision"],
  ["nobody where it cannot go back", { allowedCommands: [], failure: { ...failure, frozen: true } }, {}, null],
  [
    "who asked for it, when it is paused",
    { allowedCommands: ["resume"], paused: true, triggeredBy: "grace" },
    {},
    "resumption",
  ],
  ["nobody else, when it is paused", { allowedCommands: ["resume"], paused: true }, {}, null],
] as const)("it waits for %s", (_, rollout, principal, expected) => {
  expect(
    waitsFor(
      { ...asked, ...structuredClone(rollout) } as typeof asked,
      { ...grace, ...structuredClone(principal) } as typeof grace,
    ),
  ).toBe(expected);
});
