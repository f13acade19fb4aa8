import { seconds, VERSION_SPECS } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { CALLERS, CHANGES, callersNow, FIRST, versionsOf } from "./demo.story.ts";

const BEGUN = 1_000_000;
const watch = { begunAt: BEGUN, movedAt: BEGUN };
const moving = { serves: true, moves: true, deleting: false };

test("every version that is delivered is one that was published", () => {
  const published = versionsOf(["node", "/greeter/server.mjs"]).map(({ version }) => version);
  expect([FIRST, ...CHANGES.map(({ version }) => version)]).toEqual(published);
  for (const { spec } of versionsOf(["node", "/greeter/server.mjs"])) {
    expect(VERSION_SPECS.application.parse(spec)).toMatchObject({ command: ["node", "/greeter/server.mjs"] });
  }
});

test("the changes wait for one another", () => {
  expect(CHANGES.map(({ strategy }) => strategy.onConflict)).toEqual(["queue", "queue"]);
});

describe("callers", () => {
  test("wait for somebody who answers them", () => {
    expect(callersNow(null, watch, BEGUN + seconds(1))).toBe("wait");
    expect(callersNow({ ...moving, serves: false }, watch, BEGUN + seconds(20))).toBe("wait");
    expect(callersNow(moving, watch, BEGUN + seconds(20))).toBe("send");
  });

  test("stay a while when nothing moves any more", () => {
    const still = { ...moving, moves: false };
    const moved = { begunAt: BEGUN, movedAt: BEGUN + seconds(100) };
    expect(callersNow(still, moved, BEGUN + seconds(110))).toBe("send");
    expect(callersNow(still, moved, BEGUN + seconds(140))).toBe("end");
  });

  test("leave when the demo goes, when nothing ever came of it, and after ten minutes at the latest", () => {
    expect(callersNow({ ...moving, deleting: true }, watch, BEGUN + seconds(5))).toBe("end");
    expect(callersNow(null, watch, BEGUN + seconds(60))).toBe("end");
    expect(callersNow({ ...moving, serves: false, moves: false }, watch, BEGUN + seconds(5))).toBe("end");
    expect(callersNow(moving, watch, BEGUN + CALLERS.most)).toBe("end");
    expect(CALLERS.most).toBeLessThanOrEqual(seconds(600));
  });
});
