import { expect, test } from "vitest";
import { GuardRunner } from "../guard/guard.runner.ts";
import { guardConfig, routeConfig, split } from "../testing/route.fixture.ts";
import { parseState, renderState } from "./table.state.ts";

test("a state reads back as it was written", () => {
  const config = routeConfig({ split: split(100), guard: guardConfig() });
  const guard = new GuardRunner(guardConfig(), config, null, null, 1).snapshot();
  const state = { routes: [{ config, guards: [guard] }], removed: [["dep_0", 3] satisfies [string, number]] };
  expect(parseState(renderState(state))).toEqual(state);
});

test.each([
  "",
  "{",
  "[]",
  '{"format":2,"routes":[],"removed":[]}',
  '{"format":1,"routes":[{"config":{}}],"removed":[]}',
])("%s is no state, and says so", (text) => {
  expect(() => parseState(text)).toThrow(expect.objectContaining({ code: "data_loss" }));
});
