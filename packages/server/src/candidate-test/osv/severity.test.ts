import fc from "fast-check";
import { expect, test } from "vitest";
import { cvss3Score } from "./cvss.ts";
import { osvSchema } from "./osv.schema.ts";
import { severityOf } from "./severity.ts";

/** Scores as NVD and FIRST publish them. */
test.each([
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10],
  ["CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", 7.2],
  ["CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1],
  ["CVSS:3.1/AV:L/AC:H/PR:L/UI:R/S:U/C:L/I:N/A:N", 2.2],
  ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0],
])("%s scores %d", (vector, score) => {
  expect(cvss3Score(vector)).toBe(score);
});

test("what is no vector of CVSS 3 has no score, and anything ends", () => {
  expect(cvss3Score("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")).toBeNull();
  expect(cvss3Score("CVSS:3.1/AV:N/AC:L")).toBeNull();
  expect(cvss3Score("CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H")).toBeNull();
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(cvss3Score(`CVSS:3.1/${text}`)).toBeNull();
    }),
  );
});

const rating = (entry: object, part: object = {}) => {
  const parsed = osvSchema.parse({ id: "GHSA-x", affected: [part], ...entry });
  const [only] = parsed.affected ?? [];
  return only === undefined ? undefined : severityOf(parsed, only);
};

test("the worst of what is written counts", () => {
  expect(rating({ database_specific: { severity: "MODERATE" } })).toBe("medium");
  expect(rating({ severity: [{ type: "CVSS_V3", score: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" }] })).toBe(
    "critical",
  );
  expect(rating({ database_specific: { severity: "LOW" } }, { ecosystem_specific: { severity: "high" } })).toBe("high");
  expect(rating({ id: "MAL-2026-1" })).toBe("critical");
  expect(
    rating({ severity: [{ type: "CVSS_V4", score: "CVSS:4.0/…" }], database_specific: { severity: 7 } }),
  ).toBeNull();
});
