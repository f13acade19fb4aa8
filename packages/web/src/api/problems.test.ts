import { ApiError } from "@sluice/client";
import { expect, test } from "vitest";
import { fieldsOf, problemAt } from "./problems.ts";

const refused = new ApiError({
  type: "about:blank",
  title: "invalid_argument",
  status: 400,
  detail: "two fields are wrong",
  errors: [
    { field: "protection.approvers[0]", found: "", allowed: "1 to 255 characters" },
    { field: "tiers", found: "x" },
  ],
});

test("a problem stands at the field that it names, and at the one around it", () => {
  expect(problemAt(refused, "protection.approvers")).toBe("Wanted: 1 to 255 characters");
  expect(problemAt(refused, "tiers")).toBe("This is not taken");
  expect(problemAt(refused, "tier")).toBeUndefined();
});

test("what is no answer of the server names no field", () => {
  expect(fieldsOf(new Error("no answer"))).toEqual([]);
  expect(fieldsOf(null)).toEqual([]);
});
