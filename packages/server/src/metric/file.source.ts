import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import type { MetricSource } from "@sluice/core";
import { readCsv, readJsonFile } from "./file.answer.ts";
import { invalid, type MetricOutcome, MOST_VALUES, noData, unavailable } from "./metric.outcome.ts";
import type { MetricSourceReader } from "./metric.source.ts";
import { fillTemplate, namesArm } from "./metric.template.ts";

type Source = Extract<MetricSource, { type: "file" }>;

/** Bytes of a file that are read at all. */
const MAX_FILE = 16_777_216;

/**
 * A CSV or JSON file inside the server's root folder that grows, or is replaced by a longer one: what was read before is skipped by
 * number. A file that has become shorter is another one and read from its beginning.
 */
export function fileSource(source: Source, root: string): MetricSourceReader {
  return {
    async read({ cursor, compared, labels, single }, signal) {
      if (compared && !namesArm(source.path)) {
        return {
          outcome: invalid("the path names neither {{revision}} nor {{version}}: both arms would be measured alike"),
          cursor,
        };
      }
      const filled = fillTemplate(source.path, labels, (label) => label);
      if ("problem" in filled) return { outcome: invalid(filled.problem), cursor };
      const text = await readInside(root, filled.text);
      signal.throwIfAborted();
      if (typeof text !== "string") return { outcome: text, cursor };
      const read = filled.text.toLowerCase().endsWith(".csv") ? readCsv : readJsonFile;
      return since(read(text, source.column), single ? null : cursor);
    },
  };
}

function since(outcome: MetricOutcome, cursor: string | null): { outcome: MetricOutcome; cursor: string | null } {
  if (outcome.kind !== "values") return { outcome, cursor };
  const { length } = outcome.values;
  const known = Number(cursor ?? 0);
  const fresh = outcome.values.slice(known > length ? 0 : known).slice(-MOST_VALUES);
  return { outcome: { kind: "values", values: fresh }, cursor: String(length) };
}

/** Symbolic links count as where they lead to. */
async function readInside(root: string, path: string): Promise<string | MetricOutcome> {
  try {
    const [folder, file] = [await realpath(root), await realpath(isAbsolute(path) ? path : join(root, path))];
    const way = relative(folder, file);
    if (way.startsWith("..") || isAbsolute(way)) return invalid(`${path} is outside of the server's root folder`);
    return await readBounded(file, path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT") return noData(`${path} does not exist; a file would end this`);
    return unavailable(`${path} cannot be read (${code || "an error"})`);
  }
}

async function readBounded(file: string, path: string): Promise<string | MetricOutcome> {
  // A pipe that nobody writes to would hold whoever opens it for ever.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) return invalid(`${path} is no file; allowed: a CSV or JSON file`);
    const { size } = found;
    if (size > MAX_FILE) return invalid(`${path} has ${size} bytes; allowed: at most ${MAX_FILE}`);
    const buffer = Buffer.alloc(Math.min(size, MAX_FILE));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
