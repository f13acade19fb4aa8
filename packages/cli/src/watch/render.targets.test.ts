import pc from "picocolors";
import { describe, expect, test } from "vitest";
import { rollout } from "../testing/fixtures.ts";
import { NOW } from "../testing/io.ts";
import { renderTargets } from "./render.targets.ts";

const canvas = { width: 90, now: NOW, colors: pc.createColors(false) };
const member = { rollout: null, phase: null, paused: false, weight: 0, asksApproval: false, reason: null };

describe("the targets of a rollout", () => {
  test("are a line each: how far, and why no further", () => {
    const members = [
      { ...member, target: "eu", state: "done" as const, weight: 100 },
      {
        ...member,
        target: "asia",
        state: "underway" as const,
        phase: "shifting" as const,
        weight: 5,
        asksApproval: true,
      },
      { ...member, target: "us", state: "waiting" as const, reason: "no answer" },
    ];
    expect(renderTargets(rollout({ members }), canvas)).toEqual([
      "Targets",
      "  ✔ eu    ████████████   100 %  done",
      "  ● asia  ▋░░░░░░░░░░░     5 %  shifting, waits for approval",
      "  ○ us    ░░░░░░░░░░░░     0 %  waiting: no answer",
    ]);
  });

  test("are not shown where there is one", () => {
    expect(renderTargets(rollout(), canvas)).toEqual([]);
  });
});
