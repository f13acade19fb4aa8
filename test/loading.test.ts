import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Clients that take a second and 100 MiB to load: whoever has no such target, or no operator to run, does without them. */
const HEAVY = ["@kubernetes/client-node", "dockerode"];

/** What is loaded in any case, whatever a user does. */
const ENTRIES = [
  "packages/cli/src/main.ts",
  "packages/collector/src/main.ts",
  "packages/gateway/src/main.ts",
  "packages/model-server/src/main.ts",
  "packages/runtimes/src/index.ts",
  "packages/server/src/main.ts",
  "packages/server/src/program.ts",
];

/** Names in statements that load when the file does: neither `import type` nor `import(…)`. */
function loadedBy(text: string): string[] {
  const statement = /^(?:import|export)\s+(?!type\b)(?:[^"'();]*?\sfrom\s+)?["']([^"']+)["']/gm;
  return [...text.matchAll(statement)].flatMap(([, name]) => name ?? []);
}

const manifestSchema = z.object({ exports: z.record(z.string(), z.string()) });

/** The file of ours that a name leads to; null for everything else. */
function fileOf(from: string, name: string): string | null {
  if (name.startsWith(".")) return resolve(dirname(from), name);
  if (!name.startsWith("@sluice/")) return null;
  const [, pack = "", ...rest] = name.split("/");
  const folder = join(ROOT, "packages", pack);
  const { exports } = manifestSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  const target = exports[[".", ...rest].join("/")];
  if (target === undefined) throw new Error(`${from} imports ${name}, which ${pack} does not export`);
  return join(folder, target);
}

/** By each package that is loaded, the files on the way to it. */
function reachedFrom(entry: string): Map<string, string[]> {
  const reached = new Map<string, string[]>();
  const seen = new Set<string>();
  const follow = (file: string, way: string[]): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const here = [...way, file.slice(ROOT.length)];
    for (const name of loadedBy(readFileSync(file, "utf8"))) {
      const next = fileOf(file, name);
      if (next === null) reached.set(name, reached.get(name) ?? here);
      else if (next.endsWith(".ts")) follow(next, here);
    }
  };
  follow(join(ROOT, entry), []);
  return reached;
}

describe("nobody waits for what they do not use", () => {
  test.each(ENTRIES)("%s loads no client of Docker or Kubernetes", (entry) => {
    expect(existsSync(join(ROOT, entry))).toBe(true);
    const reached = reachedFrom(entry);
    expect(HEAVY.flatMap((name) => reached.get(name)?.join(" → ") ?? [])).toEqual([]);
  });

  test.each([
    ["packages/runtimes/src/docker/index.ts", "dockerode"],
    ["packages/runtimes/src/kubernetes/index.ts", "@kubernetes/client-node"],
    ["packages/server/src/program.ts", "fastify"],
  ])("and %s, which does load %s, is seen to", (entry, name) => {
    expect(reachedFrom(entry).has(name)).toBe(true);
  });

  test("statements that load are told from those that do not", () => {
    const text = [
      'import "a";',
      'import b from "b";',
      'import {\n  type C,\n  c,\n} from "c";',
      'export * from "d";',
      'export { e } from "e";',
      'import type { F } from "f";',
      'export type { G } from "g";',
      'const h = await import("h");',
    ];
    expect(loadedBy(text.join("\n"))).toEqual(["a", "b", "c", "d", "e"]);
  });
});
