import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { REQUIREMENTS, SluiceError } from "@sluice/core";
import { runChild } from "./child.ts";

interface Options {
  /** Environments are kept here, each by what is in it. */
  folder: string;
  /** The program that makes them. */
  python: string;
  env: Record<string, string>;
  /** Packages that the machine's Python has count as installed. */
  shared?: boolean;
}

/** Milliseconds that the packages of a model may take to arrive and be built. */
const INSTALLING = 900_000;
const MAKING = 120_000;

/** What a model without requirements gets, so that models of scikit-learn are served all the same. */
const DEFAULT = "scikit-learn\n";
/** What the server itself needs. */
const OURS = ["joblib", "numpy"];

/**
 * The interpreter of a virtual environment with what the model's `requirements.txt` names, made once for each content of
 * that file. Throws `failed_precondition` with pip's own last words when it cannot be made.
 */
export async function pythonFor(model: string, { folder, python, env, shared = false }: Options): Promise<string> {
  const requirements = await readFile(join(model, REQUIREMENTS), "utf8").catch(() => DEFAULT);
  const key = createHash("sha256")
    .update(JSON.stringify([python, requirements, OURS, ...(shared ? ["shared"] : [])]))
    .digest("hex")
    .slice(0, 32);
  const home = join(folder, key);
  if (await exists(interpreterOf(home))) return interpreterOf(home);
  const fresh = `${home}.${randomUUID()}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const packages = shared ? ["--system-site-packages"] : [];
    await must([python, "-m", "venv", ...packages, fresh], MAKING, env, `${python} cannot make a virtual environment`);
    const list = (await exists(join(model, REQUIREMENTS))) ? ["-r", join(model, REQUIREMENTS)] : [DEFAULT.trim()];
    const pip = [interpreterOf(fresh), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
    await must([...pip, ...OURS, ...list], INSTALLING, env, `the packages of ${REQUIREMENTS} cannot be installed`);
    await rename(fresh, home).catch(async (error: unknown) => {
      if (!(await exists(interpreterOf(home)))) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return interpreterOf(home);
}

async function must(
  command: readonly string[],
  timeout: number,
  env: Record<string, string>,
  what: string,
): Promise<void> {
  const { ok, complaint } = await runChild(command, { env, timeout });
  if (!ok) throw new SluiceError("failed_precondition", `${what}: ${complaint}`);
}

const interpreterOf = (home: string): string => join(home, "bin", "python");

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
