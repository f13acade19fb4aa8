import fc from "fast-check";
import semver from "semver";
import { expect, test } from "vitest";
import { affects, partsAbout } from "./affects.ts";
import { type OsvAffected, osvSchema } from "./osv.schema.ts";

const part = (ecosystem: string, given: object): OsvAffected => {
  const [only] =
    osvSchema.parse({ id: "X-1", affected: [{ package: { ecosystem, name: "p" }, ...given }] }).affected ?? [];
  if (only === undefined) throw new Error("there is one");
  return only;
};

const range = (type: string, ...events: Record<string, string>[]) => ({ ranges: [{ type, events }] });
const of = (ecosystem: string, version: string) => ({ ecosystem, name: "p", version });

test.each([
  ["4.17.20", "yes"],
  ["4.17.21", "no"],
  ["4.0.0-rc.1", "no"],
  ["4.17.21-beta", "yes"],
  ["not a version", "unknown"],
])("npm %s in 4.0.0 … 4.17.21: %s", (version, affected) => {
  const about = part("npm", range("SEMVER", { introduced: "4.0.0" }, { fixed: "4.17.21" }));
  expect(affects(about, of("npm", version))).toBe(affected);
});

test("two intervals have a gap between them, whatever the order of the events", () => {
  const events = [{ fixed: "2.5.0" }, { introduced: "0" }, { introduced: "2.0.0" }, { fixed: "1.2.0" }];
  const about = part("npm", range("SEMVER", ...events));
  const answers = ["0.1.0", "1.2.0", "1.9.9", "2.0.0", "2.4.9", "2.5.0"].map((version) =>
    affects(about, of("npm", version)),
  );
  expect(answers).toEqual(["yes", "no", "no", "yes", "yes", "no"]);
});

test("the last affected version is affected, the limit is not", () => {
  const last = part("PyPI", range("ECOSYSTEM", { introduced: "0" }, { last_affected: "2.0.post1" }));
  expect(affects(last, of("PyPI", "2.0.post1"))).toBe("yes");
  expect(affects(last, of("PyPI", "2.0.1"))).toBe("no");
  const limited = part("npm", range("SEMVER", { introduced: "0" }, { limit: "2.0.0" }));
  expect(affects(limited, of("npm", "1.9.9"))).toBe("yes");
  expect(affects(limited, of("npm", "2.0.0"))).toBe("no");
});

test("a version that is listed is affected in any ecosystem; one in an order that is not known is unknown", () => {
  const listed = part("Maven", { versions: ["1.0-jre"], ...range("ECOSYSTEM", { introduced: "0" }, { fixed: "2.0" }) });
  expect(affects(listed, of("Maven", "1.0-jre"))).toBe("yes");
  expect(affects(listed, of("Maven", "1.5"))).toBe("unknown");
  expect(affects(part("npm", range("GIT", { introduced: "0" })), of("npm", "1.0.0"))).toBe("no");
});

test("Go's versions have a v, its ranges have none", () => {
  const about = part("Go", range("SEMVER", { introduced: "0" }, { fixed: "1.2.3" }));
  expect(affects(about, of("Go", "v1.2.2"))).toBe("yes");
  expect(affects(about, of("Go", "v1.2.3"))).toBe("no");
});

test("names are compared as the ecosystem does", () => {
  const entry = osvSchema.parse({ id: "X", affected: [{ package: { ecosystem: "PyPI", name: "Zope.Interface" } }] });
  expect(partsAbout(entry, { ecosystem: "PyPI", name: "zope-interface" })).toHaveLength(1);
  expect(partsAbout(entry, { ecosystem: "npm", name: "zope-interface" })).toHaveLength(0);
});

const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((numbers) => numbers.join("."));

test("one interval holds exactly what semver says it holds", () => {
  fc.assert(
    fc.property(version, version, version, (asked, introduced, fixed) => {
      const about = part("npm", range("SEMVER", { introduced }, { fixed }));
      const inside = semver.gte(asked, introduced) && (semver.lt(asked, fixed) || semver.lte(fixed, introduced));
      expect(affects(about, of("npm", asked))).toBe(inside ? "yes" : "no");
    }),
  );
});

test("disjoint intervals hold what one of them holds, in any order of their events", () => {
  const bounds = fc.uniqueArray(version, { minLength: 4, maxLength: 4 }).map((all) => all.toSorted(semver.compare));
  fc.assert(
    fc.property(bounds, version, fc.integer(), ([a = "", b = "", c = "", d = ""], asked, seed) => {
      const events = [{ introduced: a }, { fixed: b }, { introduced: c }, { fixed: d }];
      const turned = [...events.slice(Math.abs(seed) % 4), ...events.slice(0, Math.abs(seed) % 4)];
      const within = (low: string, high: string) => semver.gte(asked, low) && semver.lt(asked, high);
      expect(affects(part("npm", range("SEMVER", ...turned)), of("npm", asked))).toBe(
        within(a, b) || within(c, d) ? "yes" : "no",
      );
    }),
  );
});
