import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const INSTALL_MS = 240_000;

/** The folder of a virtual environment's programs; or why there is none. */
export type PythonEnvironment = { bin: string } | { missing: string };

/**
 * A virtual environment with these packages, as pip names them, kept for the next time. It is missing where there is no Python 3.10
 * or later, or where its packages cannot be had: whoever needs it says so, and is left out.
 */
export async function pythonEnvironment(name: string, requirements: readonly string[]): Promise<PythonEnvironment> {
  const key = createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 16);
  const folder = join(homedir(), ".cache", "sluice", `${name}-${key}`);
  const bin = join(folder, "bin");
  if (existsSync(join(folder, "ready"))) return { bin };
  try {
    await run("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 10))"]);
  } catch {
    return { missing: "there is no python3 of version 3.10 or later" };
  }
  try {
    await run("python3", ["-m", "venv", "--clear", folder]);
    await run(join(bin, "pip"), ["install", "--quiet", ...requirements], { timeout: INSTALL_MS });
    await run("touch", [join(folder, "ready")]);
    return { bin };
  } catch (error) {
    return { missing: `its packages cannot be installed: ${error instanceof Error ? error.message : String(error)}` };
  }
}
