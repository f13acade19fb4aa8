import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { deployment, event, metrics, rollout } from "../testing/fixtures.ts";
import { NOW } from "../testing/io.ts";
import { renderRollout } from "./render.ts";

const plain = { width: 100, now: NOW, colors: pc.createColors(false) };
const view = { rollout: rollout(), deployment: deployment(), metrics: metrics(), events: [event(1), event(2)] };

describe("the picture of a rollout", () => {
  test("shows phase, steps, weights, instances, candidate against stable, events and what may be done", () => {
    expect(`\n${renderRollout(view, plain)}\n`).toMatchInlineSnapshot(`
      "
      greeter in production   1.0.0 → 1.1.0 · canary · rol_1

      ✔ queue → ✔ validate → ✔ approve → ✔ gate → ✔ prepare → ✔ test → ● shift → ○ monitor

      shifting for 1 min 10 s · about 1 min 30 s left
      ████████░░░░░░░░░░░░ 40 %
      Revision 2 (1.1.0) at 5 % of the traffic; step 2 of 3 compares it with stable for 61 s more.

      Steps
        ✔ set weight to 5 % (1 s)
        ● analyze for 2 min (59 s of 2 min)
        ○ set weight to 100 %

      Traffic
        stable     1.0.0  r1  ████████████████████████████▌░    95 %  2/2 ready
          9,000 requests · 40 errors (0.44 %) · p50 1.2 ms · p99 7.25 ms
        candidate  1.1.0  r2  █▌░░░░░░░░░░░░░░░░░░░░░░░░░░░░     5 %  1/1 ready
          480 requests · 3 errors (0.63 %) · p50 1.2 ms · p99 7.25 ms

      Analysis says continue
        error_rate    stable   0.44 %  candidate   0.62 %  9,000 / 480 samples
                      evidence of harm ██████████░░░░░░░░░░ 10 of 100

      Events
        10:04:01  event number 1
        10:04:02  event number 2

      You may: pause, promote, rollback, cancel (sluice rollout <command> rol_1)
      "
    `);
  });

  test("never has a line longer than the terminal is wide", () => {
    for (const width of [40, 60, 80, 120]) {
      const lines = renderRollout(
        { ...view, rollout: rollout({ reason: "because ".repeat(40) }) },
        { ...plain, width },
      );
      expect(Math.max(...lines.split("\n").map((line) => line.length))).toBeLessThanOrEqual(width);
    }
  });

  test("says how it ended and why, and offers nothing that is over", () => {
    const ended = rollout({
      phase: "rolled_back",
      outcome: "rolled_back",
      reason: "error_rate: 4 of 5 candidate requests failed",
      explanation: "Revision 1 (1.0.0) serves again, because error_rate: 4 of 5 candidate requests failed.",
      finishedAt: "2026-11-21T10:04:20.000Z",
      allowedCommands: [],
      steps: [],
      analysis: null,
    });
    expect(
      `\n${renderRollout({ rollout: ended, deployment: null, metrics: null, events: [] }, plain)}\n`,
    ).toMatchInlineSnapshot(`
      "
      greeter in production   1.0.0 → 1.1.0 · canary · rol_1

      ✖ rolled back: traffic is on stable

      rolled_back after 30 s
      Revision 1 (1.0.0) serves again, because error_rate: 4 of 5 candidate requests failed.
      "
    `);
  });

  test("says that it is paused", () => {
    const picture = renderRollout({ ...view, rollout: rollout({ paused: true }) }, plain);
    expect(picture).toContain("‖ shift");
    expect(picture).toContain("shifting (paused)");
  });

  test("shows of many steps those around the present one", () => {
    const steps = Array.from({ length: 30 }, (_, index) => ({
      type: "setWeight" as const,
      weight: index,
      status: index < 20 ? ("done" as const) : ("pending" as const),
      startedAt: null,
      finishedAt: null,
    }));
    const picture = renderRollout({ ...view, rollout: rollout({ steps, step: 20 }) }, plain);
    expect(picture).toContain("Steps 18–26 of 30");
    expect(picture).toContain("set weight to 20 %");
    expect(picture).not.toContain("set weight to 5 %");
  });

  test("colours only when it is told to", () => {
    const colour = String.fromCharCode(27);
    expect(renderRollout(view, plain)).not.toContain(colour);
    expect(renderRollout(view, { ...plain, colors: pc.createColors(true) })).toContain(colour);
  });
});
