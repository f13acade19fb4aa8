import { expect, test } from "vitest";
import { ACTS, consequenceOf, isMeant, notNow } from "./commands.ts";

const RUNNING: Parameters<typeof isMeant>[0] = {
  ...({ status: "running", activeRollout: null, kind: "application" } as const),
  ...{ name: "greeter", environment: "production", replicas: 2, route: null },
};
const meant = (changes: object) => ACTS.filter((act) => isMeant({ ...RUNNING, ...changes }, act));

test("what is stopped can be started, and what is not can be stopped", () => {
  expect(meant({})).toEqual(["scale", "restart", "stop", "delete"]);
  expect(meant({ status: "stopped" })).toEqual(["scale", "restart", "start", "delete"]);
});

test("a prompt has no instances to scale or restart", () => {
  expect(meant({ kind: "prompt" })).toEqual(["stop", "delete"]);
});

test("what the state does not allow says why", () => {
  expect(notNow({ ...RUNNING, activeRollout: "rol_1" }, "stop")).toContain("rollout is under way");
  expect(notNow({ ...RUNNING, activeRollout: "rol_1" }, "restart")).toBeNull();
  expect(notNow({ ...RUNNING, status: "stopped" }, "restart")).toContain("stopped");
  expect(ACTS.map((act) => notNow({ ...RUNNING, status: "deleting" }, act))).not.toContain(null);
});

test("whoever deletes is told what goes, and what stays", () => {
  const words = consequenceOf({ ...RUNNING, activeRollout: "rol_1" }, "delete");
  expect(words).toContain("greeter leaves production");
  expect(words).toContain("rollout that is under way ends");
  expect(words).toContain("audit log keeps");
  expect(consequenceOf(RUNNING, "stop")).toContain("no caller notices");
});
