import { expect, test } from "vitest";
import { Arm } from "../route/arm.ts";
import { RevisionCounters } from "../stats/revision.counters.ts";
import { GATHERED_BYTES, type MirrorBudget, MirrorCopy } from "./mirror.ts";

/** A copy for a revision without instances, so that it is never sent. */
function copyFor(budget: MirrorBudget): MirrorCopy {
  const arm = new Arm({ revision: 2, weight: 0, upstreams: [], counters: new RevisionCounters(2), window: null });
  const timeouts = { connectMs: 1_000, responseMs: 1_000, idleMs: 1_000 };
  return new MirrorCopy(arm, budget, { path: "/", method: "POST", headers: [], timeouts }, null);
}

test("bodies on their way in are kept for copies up to a limit for all of them, and those beyond it are not copied", () => {
  const budget: MirrorBudget = { inFlight: 0, gathered: GATHERED_BYTES - 100, skipped: 0 };
  const [kept, left] = [copyFor(budget), copyFor(budget)];
  kept.add(Buffer.alloc(80));
  left.add(Buffer.alloc(80));
  expect(budget).toEqual({ inFlight: 0, gathered: GATHERED_BYTES - 20, skipped: 0 });
  left.add(Buffer.alloc(10));
  left.send();
  expect(budget).toEqual({ inFlight: 0, gathered: GATHERED_BYTES - 20, skipped: 1 });
});

test("what was kept is given back, whether the copy is sent, cannot be sent, or is abandoned", () => {
  const budget: MirrorBudget = { inFlight: 0, gathered: 0, skipped: 0 };
  const [unsent, abandoned] = [copyFor(budget), copyFor(budget)];
  unsent.add(Buffer.alloc(80));
  abandoned.add(Buffer.alloc(80));
  expect(budget.gathered).toBe(160);
  unsent.send();
  abandoned.abandon();
  expect(budget).toEqual({ inFlight: 0, gathered: 0, skipped: 2 });
});
