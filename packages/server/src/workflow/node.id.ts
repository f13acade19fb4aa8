import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The name of a data folder, for ever: who keeps a run's logs and artifacts. */
export async function nodeId(dataDir: string): Promise<string> {
  const folder = join(dataDir, "workflows");
  const file = join(folder, "node-id");
  const known = await readFile(file, "utf8").catch(() => "");
  if (known.trim() !== "") return known.trim();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Linked, not written in place: of two who ask at the same time both get the same name.
  const fresh = `${file}.${process.pid}.${randomUUID()}`;
  await writeFile(fresh, `${randomUUID()}\n`, { flush: true });
  await link(fresh, file).catch(() => undefined);
  await rm(fresh, { force: true });
  return (await readFile(file, "utf8")).trim();
}
