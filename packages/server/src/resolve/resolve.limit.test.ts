import { expect, test } from "vitest";
import { LOCAL_ADMIN } from "../access/principal.ts";
import { createResolveLimit } from "./resolve.limit.ts";

test("a caller reads so often in a second and no more, whatever others do, and again in the next one", () => {
  let now = 10_000;
  const limit = createResolveLimit(2, () => now);
  const other = { ...LOCAL_ADMIN, name: "other" };
  expect([limit.allows(LOCAL_ADMIN), limit.allows(LOCAL_ADMIN), limit.allows(LOCAL_ADMIN)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(limit.allows(other)).toBe(true);
  const said: [string, unknown][] = [];
  const reply = { header: (name: string, value: unknown) => said.push([name, value]) };
  expect(() => limit.take(LOCAL_ADMIN, reply)).toThrow("more than 2");
  expect(said).toEqual([["retry-after", 1]]);
  now += 1_000;
  expect(limit.allows(LOCAL_ADMIN)).toBe(true);
});
