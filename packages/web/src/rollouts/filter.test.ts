import { expect, test } from "vitest";
import { GROUPS, phasesOf, rolloutsSearch } from "./filter.ts";

test("every phase is asked for by one group alone", () => {
  const phases = GROUPS.flatMap(phasesOf);
  expect(new Set(phases).size).toBe(phases.length);
  expect(phasesOf("well")).toEqual(["completed"]);
});

test("an address that somebody wrote by hand shows everything rather than nothing", () => {
  expect(rolloutsSearch({ group: "ill", environment: 7, artifact: ["a"], other: 1 })).toEqual({ environment: "7" });
});
