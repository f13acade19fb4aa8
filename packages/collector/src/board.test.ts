import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NodePlan } from "@sluice/core";
import { expect, onTestFinished, test } from "vitest";
import { type Board, openBoard } from "./board.ts";

const PLAN: NodePlan = { nodes: ["a", "b"], replicas: 1, leading: null };

function workshop() {
  const folder = mkdtempSync(join(tmpdir(), "sluice-board-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dead = new Set<number>();
  let now = 1_000_000;
  let pid = 100;
  return {
    join: (instance: string, revision = 1): Board & { pid: number } => {
      pid += 1;
      const own = pid;
      const board = openBoard(join(folder, "board.db"), {
        instance,
        revision,
        pid: own,
        clock: () => now,
        alive: (one) => !dead.has(one),
      });
      return { ...board, pid: own };
    },
    kill: (one: { pid: number }) => dead.add(one.pid),
    pass: (ms: number) => {
      now += ms;
    },
  };
}

test("each instance of a revision gets a place of its own, node by node, and one too many gets none", () => {
  const { join: member } = workshop();
  const [one, two, three] = [member("1"), member("2"), member("3")];
  expect(one.beat(PLAN, true).place).toEqual({ node: "a", replica: 0 });
  expect(two.beat(PLAN, true).place).toEqual({ node: "b", replica: 0 });
  expect(three.beat(PLAN, true).place).toBeNull();
  expect(one.beat(PLAN, true).place).toEqual({ node: "a", replica: 0 });
});

test("the place of one that left, died or fell silent is taken by the next", () => {
  const { join: member, kill, pass } = workshop();
  const [one, two, three] = [member("1"), member("2"), member("3")];
  one.beat(PLAN, true);
  two.beat(PLAN, true);
  one.leave();
  expect(three.beat(PLAN, true).place).toEqual({ node: "a", replica: 0 });
  kill(two);
  const four = member("4");
  expect(four.beat(PLAN, true).place).toEqual({ node: "b", replica: 0 });
  pass(11_000);
  expect(member("5").beat(PLAN, true).place).toEqual({ node: "a", replica: 0 });
});

test("one that was silent and finds its place taken takes another", () => {
  const { join: member, pass } = workshop();
  const [one, two] = [member("1"), member("2")];
  one.beat(PLAN, true);
  pass(11_000);
  expect(two.beat(PLAN, true).place).toEqual({ node: "a", replica: 0 });
  expect(one.beat(PLAN, true).place).toEqual({ node: "b", replica: 0 });
});

test("a node that is taken out of the plan is left", () => {
  const { join: member } = workshop();
  const one = member("1");
  one.beat(PLAN, true);
  expect(one.beat({ ...PLAN, nodes: ["b"] }, true).place).toEqual({ node: "b", replica: 0 });
});

test("the leading revision relieves the other on its node as soon as it is ready, and only there", () => {
  const { join: member, kill } = workshop();
  const plan = { ...PLAN, leading: 2 };
  const [old, other, fresh] = [member("1"), member("2"), member("3", 2)];
  old.beat(plan, true);
  other.beat(plan, true);
  expect(fresh.beat(plan, false)).toEqual({ place: { node: "a", replica: 0 }, relieved: false });
  expect(old.beat(plan, true).relieved).toBe(false);
  expect(fresh.beat(plan, true).relieved).toBe(false);
  expect(old.beat(plan, true).relieved).toBe(true);
  expect(other.beat(plan, true).relieved).toBe(false);
  // Taken back, or killed: the old one measures again.
  kill(fresh);
  expect(old.beat(plan, true).relieved).toBe(false);
});

test("on the way back the older revision is the one that relieves", () => {
  const { join: member } = workshop();
  const plan = { ...PLAN, leading: 1 };
  const [older, newer] = [member("1", 1), member("2", 2)];
  older.beat(plan, true);
  expect(newer.beat(plan, true).relieved).toBe(true);
  expect(older.beat(plan, true).relieved).toBe(false);
});
