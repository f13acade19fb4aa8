import { environmentSchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import type { Principal, Role } from "../access/principal.ts";
import { admitSkip, approvalsFor } from "./approval.ts";

type Protection = ReturnType<typeof protection>;

const protection = (changes: object = {}) => environmentSchema.parse({ protection: changes }).protection;
const scope = { project: "default", environment: "production" };
const principal = (role: Role): Principal => ({ name: "ann", role, project: null, environment: null });
const skip = (role: Role, rules: Protection) => () => admitSkip(principal(role), rules, scope);

describe("the approvals that a delivery waits for", () => {
  test("are the environment's where nothing else is wished", () => {
    expect(approvalsFor(undefined, protection())).toEqual({ requiredApprovals: 0, fourEyes: true });
    expect(approvalsFor(undefined, protection({ requiredApprovals: 2 }))).toEqual({
      requiredApprovals: 2,
      fourEyes: true,
    });
  });

  test("are at least one where somebody wishes to be asked; then anybody may give it, the creator too", () => {
    expect(approvalsFor("ask", protection())).toEqual({ requiredApprovals: 1, fourEyes: false });
  });

  test("are the environment's own, with its four eyes, where it asks by itself", () => {
    expect(approvalsFor("ask", protection({ requiredApprovals: 3 }))).toEqual({ requiredApprovals: 3, fourEyes: true });
  });

  test("are none where they are skipped", () => {
    expect(approvalsFor("skip", protection({ requiredApprovals: 1 })).requiredApprovals).toBe(0);
  });
});

describe("skipping an approval", () => {
  const one = { requiredApprovals: 1, fourEyes: false };

  test("is for everybody who may deliver where none is asked for", () => {
    expect(skip("deployer", protection())).not.toThrow();
  });

  test("is an approval, and for those who may approve alone", () => {
    expect(skip("deployer", protection(one))).toThrow("rollout.approve needs the role approver");
    expect(skip("approver", protection(one))).not.toThrow();
    expect(skip("approver", protection({ ...one, approvers: ["bob"] }))).toThrow("those who may approve are bob");
  });

  test("is no way around four eyes, nor around several people", () => {
    expect(skip("admin", protection({ requiredApprovals: 1 }))).toThrow("somebody else must approve");
    expect(skip("admin", protection({ ...one, requiredApprovals: 2 }))).toThrow("2 people must approve");
  });
});
