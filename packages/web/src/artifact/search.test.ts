import { expect, test } from "vitest";
import { artifactSearch, compared, tabsOf } from "./search.ts";

const versions = ["3.0.0", "2.0.0", "1.0.0"].map((version) => ({ version }));

test("without a choice the newest is compared with the one before", () => {
  expect(compared(versions, {})).toEqual({ from: "2.0.0", to: "3.0.0" });
  expect(compared(versions, { version: "2.0.0" })).toEqual({ from: "1.0.0", to: "2.0.0" });
  expect(compared(versions, { version: "1.0.0" })).toEqual({ from: "3.0.0", to: "1.0.0" });
  expect(compared(versions, { version: "3.0.0", against: "1.0.0" })).toEqual({ from: "1.0.0", to: "3.0.0" });
});

test("one version is compared with nothing", () => {
  expect(compared(versions.slice(0, 1), {})).toBeNull();
  expect(compared([], {})).toBeNull();
});

test("every kind has its own part, and no other's", () => {
  const names = (kind: Parameters<typeof tabsOf>[0]) => tabsOf(kind).map(({ name }) => name);
  expect(names("prompt")).toContain("prompt");
  expect(names("prompt")).not.toContain("files");
  expect(names("application")).toEqual(["versions", "compare", "evaluations", "gates", "history"]);
});

test("an address with anything else in it is one without", () => {
  expect(artifactSearch({ tab: "x", version: 2, against: "" })).toEqual({ version: "2" });
});
