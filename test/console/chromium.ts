import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGE = import.meta.resolve("@sparticuz/chromium");
const KEPT = join(homedir(), ".cache", "sluice", "chromium");

/** What the package unpacks is unpacked by its own code, in a process whose temporary folder is ours. */
const UNPACK = `
import chromium, { inflate } from ${JSON.stringify(PACKAGE)};
await chromium.executablePath();
await inflate(${JSON.stringify(fileURLToPath(new URL("../bin/al2023.tar.br", PACKAGE)))});
`;

/** The fonts that come with the browser, and after them those of the machine: a new machine has none. */
const FONTS = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, "fonts")}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;

const START = (folder: string, libraries: boolean): string => `#!/bin/sh
export FONTCONFIG_FILE='${join(folder, "fonts.conf")}'
${libraries ? `export LD_LIBRARY_PATH='${join(folder, "al2023", "lib")}'` : ""}
exec '${join(folder, "chromium")}' "$@"
`;

/**
 * The program of a Chromium that came as an npm package. It is unpacked once for each version, outside of the sources, and
 * takes its place in one move: whoever else unpacks it at the same time finds it there, or is too late.
 */
export async function chromiumProgram(): Promise<string> {
  const { version }: { version: string } = JSON.parse(await readFile(new URL("../package.json", PACKAGE), "utf8"));
  const folder = join(KEPT, version);
  if (!(await isThere(folder))) await unpack(folder);
  return join(folder, (await lacksLibraries(join(folder, "chromium"))) ? "with-libraries.sh" : "start.sh");
}

async function unpack(folder: string): Promise<void> {
  await mkdir(KEPT, { recursive: true });
  const draft = await mkdtemp(`${folder}-`);
  try {
    // `env` passes on the rest of this process's environment.
    await run("env", [`TMPDIR=${draft}`, process.execPath, "--input-type=module", "--eval", UNPACK]);
    await writeFile(join(draft, "fonts.conf"), FONTS(folder));
    for (const libraries of [false, true]) {
      const path = join(draft, libraries ? "with-libraries.sh" : "start.sh");
      await writeFile(path, START(folder, libraries));
      await chmod(path, 0o755);
    }
    await rename(draft, folder).catch(async (error: unknown) => {
      if (!(await isThere(folder))) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The package brings the libraries that a browser needs; they are used where the machine has not all of its own. */
const lacksLibraries = async (program: string): Promise<boolean> =>
  (await run("ldd", [program])).stdout.includes("not found");
