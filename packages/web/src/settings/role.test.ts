import { expect, test } from "vitest";
import { rowsOf } from "./role.ts";

test("each kind of thing has a row, with what every role may do with it", () => {
  const rows = rowsOf([
    { name: "viewer", actions: ["rollout.read", "gate.read"] },
    { name: "approver", actions: ["rollout.read", "rollout.approve", "gate.read"] },
    { name: "admin", actions: ["rollout.read", "rollout.approve", "gate.read", "token.write"] },
  ]);
  expect(rows).toEqual([
    { noun: "gate", verbs: [["read"], ["read"], ["read"]] },
    { noun: "rollout", verbs: [["read"], ["read", "approve"], ["read", "approve"]] },
    { noun: "token", verbs: [[], [], ["write"]] },
  ]);
});
