import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Which packages of ours each package may import (ARCHITECTURE §4). What runs everything together may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  gateway: ["core"],
  runtimes: ["core"],
  client: [],
  "model-server": ["core"],
  collector: ["core"],
  server: ["core", "runtimes", "gateway", "model-server", "collector"],
  manifest: ["core", "client"],
  operator: ["core", "runtimes", "client", "manifest"],
  cli: ["core", "client", "manifest", "operator"],
  web: ["core", "client", "manifest"],
};

/** Lines of a file (STYLE). */
const LARGEST = 800;
const P95 = 350;
const MEDIAN = 110;

interface Source {
  /** From the root, with slashes. */
  path: string;
  text: string;
  lines: number;
  imports: string[];
}

const SKIPPED = new Set(["node_modules", "generated", "vectors"]);

function sourcesIn(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourcesIn(path);
    return /\.(ts|tsx|mts)$/.test(entry.name) ? [read(path)] : [];
  });
}

function read(path: string): Source {
  const text = readFileSync(join(ROOT, path), "utf8");
  const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*["']([^"']+)["']/g)].flatMap(([, name]) => name ?? []);
  return { path: path.split(sep).join("/"), text, lines: text.split("\n").length - 1, imports };
}

const packages = sourcesIn("packages");
const all = [...packages, ...["examples", "bench", "test"].flatMap((folder) => sourcesIn(folder))];
const packageOf = (path: string): string => path.split("/")[1] ?? "";

/** The package of ours that an import leads to, by its name or by a path; null for everything else. */
function targetOf(source: Source, name: string): string | null {
  if (name.startsWith("@sluice/")) return name.split("/")[1] ?? null;
  if (!name.startsWith(".")) return null;
  const path = relative(ROOT, resolve(ROOT, dirname(source.path), name))
    .split(sep)
    .join("/");
  return path.startsWith("packages/") ? packageOf(path) : null;
}

test("the sources are found", () => {
  expect(new Set(packages.map((source) => packageOf(source.path)))).toEqual(new Set(Object.keys(MAY_IMPORT)));
  expect(packages.flatMap((source) => source.imports).filter((name) => name === "@sluice/core").length).toBeGreaterThan(
    10,
  );
});

test("each package imports only what it may, and nobody imports the server", () => {
  const broken = packages.flatMap((source) => {
    const from = packageOf(source.path);
    return source.imports
      .map((name) => ({ name, target: targetOf(source, name) }))
      .filter(({ target }) => target !== null && target !== from && !MAY_IMPORT[from]?.includes(target))
      .map(({ name }) => `${source.path} imports ${name}`);
  });
  expect(broken).toEqual([]);
});

test("packages reach each other by name, never by a path into their folders", () => {
  const broken = packages.flatMap((source) =>
    source.imports
      .filter(
        (name) => name.startsWith(".") && (targetOf(source, name) ?? packageOf(source.path)) !== packageOf(source.path),
      )
      .map((name) => `${source.path} imports ${name}`),
  );
  expect(broken).toEqual([]);
});

test("core is pure: no I/O, no clock, no randomness", () => {
  const banned =
    /\bfrom "node:(?!crypto")|Date\.now\(|new Date\(\)|Math\.random\(|\bfetch\(|setTimeout\(|randomBytes|randomUUID/;
  const broken = packages.filter(
    ({ path, text }) => path.startsWith("packages/core/src/") && !path.endsWith(".test.ts") && banned.test(text),
  );
  expect(broken.map(({ path }) => path)).toEqual([]);
});

test("the environment of a process is read in one place of its package", () => {
  const mayRead = /^packages\/[\w-]+\/src\/config\.ts$/;
  // Tests hold the texts of programs that they start, and those read theirs.
  const broken = packages.filter(
    ({ path, text }) => text.includes("process.env") && !mayRead.test(path) && !path.endsWith(".test.ts"),
  );
  expect(broken.map(({ path }) => path)).toEqual([]);
});

test("types are not talked out of their way", () => {
  const banned = [/\bas any\b/, /: any\b/, /<any>/, /\bas unknown as\b/];
  const bannedInComments = [
    /@ts-(ignore|nocheck|expect-error)/,
    /biome-ignore lint\/suspicious\/noExplicitAny/,
    /\b(TODO|FIXME)\b/,
  ];
  const broken = all
    .filter(({ path }) => path !== "test/imports.test.ts")
    .flatMap(({ path, text }) => {
      const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
      return [
        ...banned.filter((pattern) => pattern.test(code)),
        ...bannedInComments.filter((pattern) => pattern.test(text)),
      ].map((pattern) => `${path}: ${pattern.source}`);
    });
  expect(broken).toEqual([]);
});

test("files are small", () => {
  const sizes = packages.map((source) => source.lines).sort((left, right) => left - right);
  const quantile = (part: number): number => sizes[Math.floor((sizes.length - 1) * part)] ?? 0;
  expect(all.filter(({ lines }) => lines > LARGEST).map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  expect(quantile(0.5)).toBeLessThanOrEqual(MEDIAN);
  expect(quantile(0.95)).toBeLessThanOrEqual(P95);
});
