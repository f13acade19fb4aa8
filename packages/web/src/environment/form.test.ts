import type { Environment } from "@sluice/client";
import { expect, test } from "vitest";
import { PLAIN_ENVIRONMENT } from "../environments/environment.testing.ts";
import { fieldsOf, specOf, specWith } from "./form.ts";

const guarded: Environment = {
  ...PLAIN_ENVIRONMENT,
  targets: [{ type: "process", name: "near", region: "eu" }],
  protection: {
    requiredApprovals: 2,
    approvers: ["ada", "grace"],
    approvalExpirySeconds: 5_400,
    fourEyes: false,
    freezeWindows: [{ schedule: "0 17 * * 5", durationMinutes: 90, timezone: "Europe/Berlin" }],
    requireSuccessIn: "staging",
    allowedStrategies: ["canary"],
    regions: ["eu"],
  },
};

test.each([PLAIN_ENVIRONMENT, guarded])("fields that nobody touched change nothing", (environment) => {
  expect(specWith(environment, fieldsOf(environment))).toEqual(specOf(environment));
});

test("what is written in the fields is what is sent, and the rest stays", () => {
  const fields = {
    ...fieldsOf(guarded),
    requiredApprovals: "0",
    approvers: " ",
    approvalExpiryHours: "",
    requireSuccessIn: "",
    allowedStrategies: [],
    freezeWindows: [{ schedule: " 0 0 * * * ", durationHours: "0.5", timezone: "UTC" }],
  };
  const spec = specWith(guarded, fields);
  expect(spec.protection).toEqual({
    requiredApprovals: 0,
    approvers: null,
    approvalExpirySeconds: null,
    fourEyes: false,
    freezeWindows: [{ schedule: "0 0 * * *", durationMinutes: 30, timezone: "UTC" }],
    requireSuccessIn: null,
    allowedStrategies: null,
    regions: ["eu"],
  });
  expect(spec.targets).toEqual(guarded.targets);
});

test("names are told apart by commas, each once", () => {
  const { protection } = specWith(guarded, { ...fieldsOf(guarded), approvers: "ada,, grace , ada" });
  expect(protection.approvers).toEqual(["ada", "grace"]);
});

test("what is no number is left to the server to refuse", () => {
  const { limits } = specWith(guarded, { ...fieldsOf(guarded), memoryMb: "", cpuCores: "two" });
  expect(JSON.parse(JSON.stringify(limits))).toMatchObject({ memoryMb: null, cpuCores: null });
});
