import { type Approval, isTerminal, PHASES, type Phase, TRANSITIONS } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DELOS_STATUSES, DELOS_TRANSITIONS, delosStatus } from "./status.ts";

const approval = (actor: string): Approval => ({ actor, comment: "", at: 0, step: null });
const standing = (phase: Phase, requiredApprovals = 0, approvals: Approval[] = []) => ({
  phase,
  requiredApprovals,
  approvals,
});

describe("the status of a deployment", () => {
  test("has every name of the document, and a phase for each", () => {
    const shown = PHASES.flatMap((phase) => [delosStatus(standing(phase)), delosStatus(standing(phase, 1))]);
    expect(new Set(shown)).toEqual(new Set(DELOS_STATUSES));
  });

  test("is PENDING_APPROVAL until the last of those who must approve has, also while it is checked", () => {
    for (const phase of ["queued", "validating", "awaiting_approval"] as const) {
      expect(delosStatus(standing(phase, 2, [approval("ann")]))).toBe("PENDING_APPROVAL");
      expect(delosStatus(standing(phase, 2, [approval("ann"), approval("ann")]))).toBe("PENDING_APPROVAL");
      expect(delosStatus(standing(phase, 2, [approval("ann"), approval("bob")]))).toBe("PENDING_GATES");
      expect(delosStatus(standing(phase))).toBe("PENDING_GATES");
    }
  });

  test("goes only where the document says, whatever way the rollout takes", () => {
    const walk = fc.record({
      requiredApprovals: fc.integer({ min: 0, max: 3 }),
      choices: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(walk, ({ requiredApprovals, choices }) => {
        let phase: Phase = "queued";
        let approvals: Approval[] = [];
        let status = delosStatus(standing(phase, requiredApprovals));
        for (const choice of choices) {
          if (phase === "awaiting_approval" && approvals.length < requiredApprovals && choice % 3 > 0) {
            approvals = [...approvals, approval(`person ${approvals.length}`)];
          } else {
            // Nobody passes without the approvals that are needed.
            const ways: readonly Phase[] = TRANSITIONS[phase].filter(
              (to) => to !== "gating" || approvals.length >= requiredApprovals,
            );
            phase = ways[choice % Math.max(1, ways.length)] ?? phase;
          }
          const next = delosStatus(standing(phase, requiredApprovals, approvals));
          if (next !== status) expect(DELOS_TRANSITIONS[status]).toContain(next);
          status = next;
        }
      }),
    );
  });

  test("is an end exactly where the rollout has ended, but for a rollback after completion", () => {
    for (const phase of PHASES) {
      const isEnd = DELOS_TRANSITIONS[delosStatus(standing(phase))].length === 0;
      expect([phase, isEnd]).toEqual([phase, isTerminal(phase) && phase !== "completed"]);
    }
  });
});
