import type { Rollout } from "@sluice/client";
import { expect, test } from "vitest";
import { notFrom } from "./approval.ts";
import { rolloutOf } from "./rollout.testing.ts";

const waiting = rolloutOf({
  phase: "awaiting_approval",
  allowedCommands: ["approve"],
  triggeredBy: "ada",
  fourEyes: true,
});
const given = { actor: "grace", comment: "", at: "2026-11-22T10:00:00.000Z", step: null };

test.each<[string, string, Partial<Rollout>, RegExp | null]>([
  ["who asked for it", "ada", {}, /somebody else/],
  ["anybody else", "grace", {}, null],
  ["who asked for it, where two eyes are enough", "ada", { fourEyes: false }, null],
  ["who is not among the names, and is told them", "grace", { approvers: ["linus"] }, /linus/],
  ["who is among them", "grace", { approvers: ["linus", "grace"] }, null],
  ["who has given one", "grace", { approvals: [given] }, /You have approved/],
  [
    "who gave one before the first step, at a later one",
    "grace",
    { approvals: [given], phase: "shifting", step: 2 },
    null,
  ],
  ["anybody while nothing waits", "grace", { allowedCommands: ["pause"] }, /Nothing waits/],
])("an approval from %s", (_, name, changes, refused) => {
  const why = notFrom({ ...waiting, ...changes }, name);
  if (refused === null) expect(why).toBeNull();
  else expect(why).toMatch(refused);
});
