import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseField } from "../validate.ts";
import { cannotBeTakenBack, migrationsSchema } from "./migration.schema.ts";
import { type MigrationRun, migrationsFact } from "./migration.ts";

const run = (name: string) => ({ name, command: ["migrate", name] });
const parsed = (value: unknown) => parseField(migrationsSchema, value, "spec.migrations");

describe("what a version declares", () => {
  test("are names of what others do, and commands that are run", () => {
    const { up } = parsed({ up: ["by-the-program", run("add-column")], down: [run("add-column")] });
    expect(up).toEqual(["by-the-program", { ...run("add-column"), timeoutSeconds: 600 }]);
  });

  test.each([
    ["a name twice", { up: [run("a"), run("a")], down: [] }, "spec.migrations.up[1]"],
    ["a way back of nothing", { up: [run("a")], down: [run("b")] }, "spec.migrations.down[0].name"],
    ["no command", { up: [{ name: "a", command: [] }], down: [] }, "spec.migrations.up[0].command"],
    ["a name that is no file's", { up: [run("../a")], down: [] }, "spec.migrations.up[0].name"],
  ])("%s is refused by its place", (_what, value, field) => {
    expect(() => parsed(value)).toThrow(field);
  });

  test.each([
    [{ up: [], down: [] }, false],
    [{ up: ["a"], down: [] }, true],
    [{ up: ["a"], down: ["a"] }, false],
    [{ up: [run("a"), run("b")], down: [run("a")] }, true],
    [{ up: [run("a"), "c"], down: [run("a")] }, false],
  ])("%j can be taken back, or not", (value, none) => {
    expect(cannotBeTakenBack(parsed(value))).toBe(none);
  });
});

const done = (
  rollout: string,
  direction: "up" | "down",
  name: string,
  status: "succeeded" | "failed" = "succeeded",
) => ({
  ...{ rollout, direction, name, status, demand: direction === "up" ? 2 : 3 },
  ...{ message: status === "failed" ? "exit 1" : "", executionMs: 1, at: 0 },
});

const seen = (runs: MigrationRun[], more: Partial<Parameters<typeof migrationsFact>[0]> = {}) =>
  migrationsFact({
    rollout: "rol_2",
    demand: 2,
    migrations: parsed({ up: [run("a"), run("b"), "c"], down: [] }),
    runs,
    deliveredBy: null,
    underway: false,
    ...more,
  });

describe("what is to be done", () => {
  test("is what nobody has done yet, in order; what others do is not ours", () => {
    expect(seen([]).pending).toEqual(["a", "b"]);
    expect(seen([done("rol_1", "up", "a")]).pending).toEqual(["b"]);
    expect(seen([done("rol_1", "up", "a"), done("rol_1", "down", "a")]).pending).toEqual(["a", "b"]);
    expect(seen([done("rol_2", "up", "a", "failed")])).toMatchObject({ pending: ["a", "b"], failed: "exit 1" });
  });

  test("on the way back is what this rollout did, the last one first", () => {
    const runs = [done("rol_1", "up", "z"), done("rol_2", "up", "a"), done("rol_2", "up", "b")];
    expect(seen(runs).applied).toEqual(["b", "a"]);
    expect(seen([...runs, done("rol_2", "down", "b")], { demand: 3 })).toMatchObject({ applied: ["a"], failed: null });
  });

  test("after a rollback is what came after the revision that it returns to", () => {
    const runs = [done("rol_1", "up", "a"), done("rol_2", "up", "x"), done("rol_3", "up", "y")];
    const rollback = { rollout: "rol_4", deliveredBy: "rol_1", migrations: parsed({ up: [run("a")], down: [] }) };
    expect(seen(runs, rollback)).toMatchObject({ pending: [], applied: [], surplus: ["y", "x"] });
  });

  test("an earlier failure is no answer to another demand", () => {
    expect(seen([done("rol_2", "up", "a", "failed")], { demand: 4 }).failed).toBeNull();
  });

  test("everything that is done in order and taken back the other way round leaves nothing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom("a", "b", "d", "e"), { minLength: 1 }), (names) => {
        const up = names.map((name) => done("rol_2", "up", name));
        const back = seen(up).applied;
        expect(back).toEqual(names.toReversed());
        expect(seen([...up, ...back.map((name) => done("rol_2", "down", name))]).applied).toEqual([]);
      }),
    );
  });
});
