import { expect, test } from "vitest";
import { missingPermissions } from "./permissions.ts";

const patch = { verb: "patch", group: "apps", resource: "deployments" };
const log = { verb: "get", group: "", resource: "pods/log" };

test("names what no rule gives, and takes stars for everything", () => {
  const rules = [{ verbs: ["get", "patch"], apiGroups: ["apps"], resources: ["deployments"] }];
  expect(missingPermissions(rules, [patch, log])).toEqual([log]);
  expect(missingPermissions([{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }], [patch, log])).toEqual([]);
  expect(missingPermissions([{ verbs: ["get"], apiGroups: [""], resources: ["*/log"] }], [log])).toEqual([]);
});

test("takes a rule about single objects for none", () => {
  const rules = [{ verbs: ["patch"], apiGroups: ["apps"], resources: ["deployments"], resourceNames: ["one"] }];
  expect(missingPermissions(rules, [patch])).toEqual([patch]);
});
