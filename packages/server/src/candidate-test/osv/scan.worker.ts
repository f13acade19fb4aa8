import type { Dirent } from "node:fs";
import { opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { createLookup } from "./findings.ts";
import { osvSchema } from "./osv.schema.ts";
import type { ScanRequest, ScanResult } from "./scan.ts";

/** Bytes of one entry; the largest of OSV's own have a few MiB. */
const MAX_ENTRY = 16_777_216;
const MAX_DEPTH = 8;

/** Reads a folder of OSV entries, hundreds of thousands perhaps, and looks each up. A thread of its own. */
const { folder, components }: ScanRequest = workerData;
const lookup = createLookup(components);
let entries = 0;
let unreadable = 0;

for await (const file of jsonFiles(folder, 0)) {
  const entry = await readEntry(file);
  if (entry === null) {
    unreadable += 1;
  } else {
    entries += 1;
    lookup.add(entry);
  }
}
const result: ScanResult = { entries, unreadable, findings: lookup.findings(), undecided: lookup.undecided() };
parentPort?.postMessage(result);

/** Links are not followed: they could lead in a circle. */
async function* jsonFiles(path: string, depth: number): AsyncGenerator<string> {
  if (depth > MAX_DEPTH) return;
  const children: AsyncIterable<Dirent> = await opendir(path);
  for await (const child of children) {
    const inner = join(path, child.name);
    if (child.isDirectory()) yield* jsonFiles(inner, depth + 1);
    else if (child.isFile() && child.name.endsWith(".json")) yield inner;
  }
}

async function readEntry(file: string) {
  try {
    if ((await stat(file)).size > MAX_ENTRY) return null;
    const parsed = osvSchema.safeParse(JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
