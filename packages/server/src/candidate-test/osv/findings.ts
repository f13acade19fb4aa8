import type { VulnerabilitySeverity } from "@sluice/core";
import { affects, partsAbout } from "./affects.ts";
import { type Component, componentKey, ecosystemFamily, normalName } from "./component.ts";
import type { OsvEntry } from "./osv.schema.ts";
import { severityOf, UNRATED, worst } from "./severity.ts";

/** A known vulnerability of one component. */
export interface Finding {
  component: Component;
  /** The entry's id, and what other databases call the same thing. */
  ids: string[];
  severity: VulnerabilitySeverity;
  /** False: nobody has rated it, and `severity` is what unrated ones count as. */
  rated: boolean;
}

export interface Lookup {
  /** Looks one entry up. */
  add(entry: OsvEntry): void;
  findings(): Finding[];
  /** Pairs of an entry and a component whose versions could not be compared. */
  undecided(): number;
}

interface Hit {
  component: Component;
  ids: Set<string>;
  ratings: (VulnerabilitySeverity | null)[];
}

/** Looks up entries against the components, one entry at a time; entries that are aliases of each other are one finding. */
export function createLookup(components: readonly Component[]): Lookup {
  const byPackage = Map.groupBy(components, ({ ecosystem, name }) => componentKey(ecosystem, name));
  const hits = new Map<Component, Hit[]>();
  let undecided = 0;

  return {
    add(entry) {
      if (entry.withdrawn != null) return;
      const packages = new Set(
        (entry.affected ?? []).flatMap(({ package: about }) => {
          if (about == null) return [];
          const ecosystem = ecosystemFamily(about.ecosystem);
          return [componentKey(ecosystem, normalName(ecosystem, about.name))];
        }),
      );
      for (const component of [...packages].flatMap((key) => byPackage.get(key) ?? [])) {
        const parts = partsAbout(entry, component).map((part) => ({ part, affected: affects(part, component) }));
        const hit = parts.filter(({ affected }) => affected === "yes");
        if (hit.length > 0) remember(component, entry, worst(hit.map(({ part }) => severityOf(entry, part))));
        else if (parts.some(({ affected }) => affected === "unknown")) undecided += 1;
      }
    },
    findings: () =>
      [...hits.values()].flat().map(({ component, ids, ratings }) => {
        const rating = worst(ratings);
        return { component, ids: [...ids], severity: rating ?? UNRATED, rated: rating !== null };
      }),
    undecided: () => undecided,
  };

  function remember(component: Component, entry: OsvEntry, rating: VulnerabilitySeverity | null): void {
    const ids = new Set([entry.id, ...(entry.aliases ?? [])]);
    const known = hits.get(component) ?? [];
    const [same, others] = [
      known.filter((hit) => !hit.ids.isDisjointFrom(ids)),
      known.filter((hit) => hit.ids.isDisjointFrom(ids)),
    ];
    const merged: Hit = {
      component,
      // The entry that was found stands first, its aliases after it.
      ids: new Set([...same.flatMap((hit) => [...hit.ids]), ...ids]),
      ratings: [...same.flatMap((hit) => hit.ratings), rating],
    };
    hits.set(component, [...others, merged]);
  }
}
