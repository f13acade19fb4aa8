import { COMMANDS } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { consequence, isShown, LABELS, notNow, ORDER } from "./commands.ts";
import { rolloutOf } from "./rollout.testing.ts";

describe("a command", () => {
  test("has a name, a place and a consequence, each of them", () => {
    expect([...ORDER].sort()).toEqual([...COMMANDS].sort());
    for (const command of COMMANDS) {
      expect(LABELS[command]).not.toBe("");
      expect(consequence(rolloutOf({ phase: "shifting", weight: 25 }), command)).toMatch(/\.$/);
    }
  });

  test("that is allowed has nothing against it, and every other says why not", () => {
    const rollout = rolloutOf({ phase: "shifting", allowedCommands: ["pause", "rollback"] });
    for (const command of COMMANDS) {
      const refused = notNow(rollout, command, "grace");
      if (rollout.allowedCommands.includes(command)) expect(refused).toBeNull();
      else expect(refused).toMatch(/\w/);
    }
  });

  test("that nobody can mean is not there", () => {
    const completed = rolloutOf({ phase: "completed", allowedCommands: ["rollback"] });
    expect(ORDER.filter((command) => isShown(completed, command))).toEqual(["rollback"]);
  });

  test("for the way back says whom it meets", () => {
    expect(consequence(rolloutOf({ phase: "shifting", weight: 25 }), "rollback")).toContain(
      "All callers go back to version 1.0.0 at once (25 % of them have 1.1.0 now)",
    );
    expect(consequence(rolloutOf({ phase: "completed" }), "rollback")).toContain(
      "A new rollout brings production back to version 1.0.0",
    );
  });
});
