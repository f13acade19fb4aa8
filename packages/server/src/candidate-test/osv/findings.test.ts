import fc from "fast-check";
import { expect, test } from "vitest";
import { createLookup } from "./findings.ts";
import { osvSchema } from "./osv.schema.ts";
import { readCycloneDx } from "./sbom.ts";

const sbom = (components: unknown, more: object = {}) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components,
  ...more,
});

test("packages are read from their package URLs, nested ones too", () => {
  const { components, unknown } = readCycloneDx(
    sbom([
      { name: "core", version: "7.0.0", purl: "pkg:npm/%40babel/core@7.0.0" },
      {
        name: "Zope.Interface",
        purl: "pkg:pypi/Zope.Interface@5.0",
        components: [{ purl: "pkg:golang/github.com/a/b@v1.2.3" }],
      },
      { name: "guava", version: "31.0", purl: "pkg:maven/com.google.guava/guava@31.0?type=jar" },
      { name: "openssl", purl: "pkg:deb/debian/openssl@3.0" },
      { name: "nothing" },
      { purl: "no purl at all" },
      null,
    ]),
  );
  expect(components).toEqual([
    { ecosystem: "npm", name: "@babel/core", version: "7.0.0" },
    { ecosystem: "PyPI", name: "zope-interface", version: "5.0" },
    { ecosystem: "Go", name: "github.com/a/b", version: "v1.2.3" },
    { ecosystem: "Maven", name: "com.google.guava:guava", version: "31.0" },
  ]);
  expect(unknown).toBe(4);
});

test.each([
  [{ bomFormat: "SPDX" }, /bomFormat is "SPDX", allowed: CycloneDX/],
  [{}, /bomFormat is missing/],
  [sbom({ a: 1 }), /components are not a list/],
])("%j is no SBOM", (document, message) => {
  expect(() => readCycloneDx(document)).toThrow(message);
});

test("any document is read or refused, never worse", () => {
  const component = fc.record(
    {
      purl: fc.oneof(
        fc.string(),
        fc.string().map((text) => `pkg:npm/${text}`),
      ),
      version: fc.string(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.array(component)), (components) => {
      try {
        expect(readCycloneDx(sbom(components)).unknown).toBeGreaterThanOrEqual(0);
      } catch (error) {
        expect(error).toHaveProperty("message", "its components are not a list");
      }
    }),
  );
});

const entry = (id: string, given: object = {}, affected: object = {}) =>
  osvSchema.parse({
    id,
    affected: [
      {
        package: { ecosystem: "npm", name: "p" },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }],
        ...affected,
      },
    ],
    ...given,
  });

test("entries that are aliases of each other are one finding, with the worst rating of any", () => {
  const lookup = createLookup([{ ecosystem: "npm", name: "p", version: "1.0.0" }]);
  lookup.add(entry("PYSEC-1", { aliases: ["CVE-1"] }));
  lookup.add(entry("GHSA-2", { aliases: ["CVE-2"], database_specific: { severity: "LOW" } }));
  lookup.add(entry("GHSA-1", { aliases: ["CVE-1"], database_specific: { severity: "CRITICAL" } }));
  expect(lookup.findings().map(({ ids, severity, rated }) => ({ ids, severity, rated }))).toEqual([
    { ids: ["GHSA-2", "CVE-2"], severity: "low", rated: true },
    { ids: ["PYSEC-1", "CVE-1", "GHSA-1"], severity: "critical", rated: true },
  ]);
});

test("what nobody has rated counts as high and says so; what was withdrawn does not count", () => {
  const lookup = createLookup([{ ecosystem: "npm", name: "p", version: "1.0.0" }]);
  lookup.add(entry("X-1"));
  lookup.add(entry("X-2", { withdrawn: "2026-01-01T00:00:00Z" }));
  expect(lookup.findings()).toMatchObject([{ ids: ["X-1"], severity: "high", rated: false }]);
});

test("another package, and a version that cannot be compared, are no findings; the latter is counted", () => {
  const lookup = createLookup([{ ecosystem: "npm", name: "p", version: "weird" }]);
  lookup.add(entry("X-1", {}, { package: { ecosystem: "npm", name: "q" } }));
  lookup.add(entry("X-2", {}, { ranges: [{ type: "SEMVER", events: [{ introduced: "1.0.0" }] }] }));
  expect(lookup.findings()).toEqual([]);
  expect(lookup.undecided()).toBe(1);
});
