import { describe, expect, test } from "vitest";
import { identityOf } from "./identity.ts";

describe("what an instance is told of itself", () => {
  test("is its revision, version and deployment", () => {
    expect(identityOf("dep_1", { revision: 3, version: "1.2.0", endpoints: [] })).toEqual([
      "x-sluice-revision",
      "3",
      "x-sluice-version",
      "1.2.0",
      "x-sluice-deployment",
      "dep_1",
    ]);
  });

  test("leaves out what no header may hold", () => {
    expect(identityOf("dep\n1", { revision: 3, version: "é", endpoints: [] })).toEqual(["x-sluice-revision", "3"]);
  });
});
