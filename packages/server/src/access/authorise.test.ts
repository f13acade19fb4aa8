import { expect, test } from "vitest";
import { type Action, actionsOf, actionsOfPrincipal, authorise } from "./authorise.ts";
import { LOCAL_ADMIN, type Principal, ROLES, type Role } from "./principal.ts";

const principal = (role: Role, limits: Partial<Principal> = {}): Principal => ({
  name: "ci",
  role,
  project: "default",
  environment: null,
  ...limits,
});

test.each<[Action, Role[]]>([
  ["deployment.read", ["viewer", "deployer", "approver", "admin"]],
  ["rollout.write", ["deployer", "approver", "admin"]],
  ["rollout.approve", ["approver", "admin"]],
  ["environment.write", ["admin"]],
  ["token.write", ["admin"]],
])("%s is for %j alone", (action, allowed) => {
  for (const role of ["viewer", "deployer", "approver", "admin"] as const) {
    const attempt = () => authorise(principal(role), action, { project: "default", environment: "staging" });
    if (allowed.includes(role)) expect(attempt).not.toThrow();
    else expect(attempt).toThrow(`needs the role ${allowed[0]}, the token has ${role}`);
  }
});

test("a token reaches its project and its environment, and says so when it does not", () => {
  const staging = principal("admin", { environment: "staging" });
  expect(() => authorise(staging, "deployment.write", { project: "default", environment: "staging" })).not.toThrow();
  expect(() => authorise(staging, "deployment.write", { project: "default", environment: "production" })).toThrow(
    "for environment staging, this is production",
  );
  expect(() => authorise(staging, "deployment.read", { project: "search" })).toThrow("for project default");
  expect(() => authorise(staging, "token.write", { project: "default" })).toThrow("concerns the whole project");
});

test("what concerns the whole project is not among what a token of one environment may do", () => {
  const [whole, staging] = [null, "staging"].map((environment) =>
    actionsOfPrincipal(principal("admin", { environment })),
  );
  expect(whole).toEqual(actionsOf("admin"));
  expect(staging).toContain("environment.write");
  expect(staging).not.toContain("audit.read");
});

test("the local user reaches everything", () => {
  expect(() => authorise(LOCAL_ADMIN, "project.write", { project: "new" })).not.toThrow();
});

test("each role may do what those before it may, and an administrator everything", () => {
  const [viewer, deployer, approver, admin] = ROLES.map((role) => actionsOf(role));
  expect(deployer).toEqual(expect.arrayContaining(viewer ?? []));
  expect(approver).toEqual(expect.arrayContaining(deployer ?? []));
  expect(admin).toEqual(expect.arrayContaining(approver ?? []));
  expect(viewer).not.toContain("deployment.write");
  expect(deployer).not.toContain("rollout.approve");
  expect(admin).toContain("secret.write");
});
