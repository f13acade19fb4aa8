import fc from "fast-check";
import { expect, test } from "vitest";
import { bySemver } from "./semver.order.ts";

const sorted = (...versions: string[]): string[] =>
  versions
    .map((version, index) => ({ id: `ver_${String(index).padStart(4, "0")}`, version }))
    .sort(bySemver)
    .map(({ version }) => version);

test("versions come highest first, pre-releases below their release, and a leading v says nothing", () => {
  expect(sorted("1.2.0", "1.10.0", "v1.3.0", "2.0.0-rc.1", "2.0.0", "2.0.0-rc.2")).toEqual([
    ...["2.0.0", "2.0.0-rc.2", "2.0.0-rc.1", "1.10.0", "v1.3.0", "1.2.0"],
  ]);
});

test("what is not semantic comes last, newest first", () => {
  expect(sorted("nightly", "0.0.1", "main-4b825dc")).toEqual(["0.0.1", "main-4b825dc", "nightly"]);
});

test("whatever versions there are, the order is one: nothing depends on how they came", () => {
  const version = fc.oneof(fc.stringMatching(/^v?\d\.\d\.\d(-rc\.\d)?(\+b\d)?$/), fc.stringMatching(/^[a-z]{1,4}$/));
  fc.assert(
    fc.property(fc.array(version, { maxLength: 12 }), (versions) => {
      const named = versions.map((version, index) => ({ id: `ver_${index}`, version }));
      expect([...named].reverse().sort(bySemver)).toEqual([...named].sort(bySemver));
    }),
  );
});
