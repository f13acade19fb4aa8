import { PackageURL } from "packageurl-js";
import { type Component, normalName } from "./component.ts";

/** Components of an SBOM that are read, and how deep they may be nested. */
const MAX_COMPONENTS = 100_000;
const MAX_DEPTH = 50;

/** The type of a package URL, as OSV calls its ecosystem; and how OSV writes the name of such a package. */
const ECOSYSTEMS: Readonly<Record<string, { ecosystem: string; separator: string }>> = {
  npm: { ecosystem: "npm", separator: "/" },
  pypi: { ecosystem: "PyPI", separator: "/" },
  golang: { ecosystem: "Go", separator: "/" },
  cargo: { ecosystem: "crates.io", separator: "/" },
  gem: { ecosystem: "RubyGems", separator: "/" },
  nuget: { ecosystem: "NuGet", separator: "/" },
  maven: { ecosystem: "Maven", separator: ":" },
  composer: { ecosystem: "Packagist", separator: "/" },
  hex: { ecosystem: "Hex", separator: "/" },
  pub: { ecosystem: "Pub", separator: "/" },
};

export interface Sbom {
  components: Component[];
  /** Components without a package URL, without a version, or of an ecosystem that OSV entries are not looked up for. */
  unknown: number;
}

/** The packages that a CycloneDX document names, nested ones too. Throws an `Error` that says why it cannot be read. */
export function readCycloneDx(document: Readonly<Record<string, unknown>>): Sbom {
  if (document.bomFormat !== "CycloneDX") {
    throw new Error(`its bomFormat is ${JSON.stringify(document.bomFormat) ?? "missing"}, allowed: CycloneDX`);
  }
  const found = new Map<string, Component>();
  let unknown = 0;
  let count = 0;
  const walk = (list: unknown, depth: number): void => {
    if (list === undefined) return;
    if (!Array.isArray(list)) throw new Error("its components are not a list");
    if (depth > MAX_DEPTH) throw new Error(`its components are nested more than ${MAX_DEPTH} deep`);
    for (const entry of list as unknown[]) {
      count += 1;
      if (count > MAX_COMPONENTS) throw new Error(`it has more than ${MAX_COMPONENTS} components`);
      if (typeof entry !== "object" || entry === null) {
        unknown += 1;
        continue;
      }
      const component = "purl" in entry && typeof entry.purl === "string" ? fromPurl(entry.purl, entry) : null;
      if (component === null) unknown += 1;
      else found.set(`${component.ecosystem}\n${component.name}\n${component.version}`, component);
      if ("components" in entry) walk(entry.components, depth + 1);
    }
  };
  walk(document.components, 1);
  return { components: [...found.values()], unknown };
}

function fromPurl(text: string, entry: object): Component | null {
  let purl: PackageURL;
  try {
    purl = PackageURL.fromString(text);
  } catch {
    return null;
  }
  const known = ECOSYSTEMS[purl.type];
  const declared = "version" in entry && typeof entry.version === "string" ? entry.version : undefined;
  const version = purl.version ?? declared;
  if (known === undefined || version === undefined || version === "") return null;
  const name = purl.namespace ? `${purl.namespace}${known.separator}${purl.name}` : purl.name;
  return { ecosystem: known.ecosystem, name: normalName(known.ecosystem, name), version };
}
