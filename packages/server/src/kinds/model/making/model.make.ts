import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  cpuCores,
  digestOf,
  modelFileOf,
  parseStoragePath,
  type RunnableSpec,
  SluiceError,
  type VersionSpec,
} from "@sluice/core";
import { fetchFiles } from "@sluice/model-server/files";
import { pythonFor, runChild } from "@sluice/model-server/python";
import { openStorage } from "../../../storage/storage.ts";
import type { Made, Make, MakingDeps } from "../../making.ts";
import { chartProgram } from "./chart.recipe.ts";

export type FilesSpec = Extract<VersionSpec, { files: string }>;

/** Begins the command line of a server for a model; the file follows. */
type Server = readonly string[];

const ENTRY = import.meta.resolve("@sluice/model-server");
const NODE_SERVER = fileURLToPath(new URL("./main.ts", ENTRY));
const PYTHON_SERVER = fileURLToPath(new URL("../python/model_server.py", ENTRY));

/** Milliseconds that a model may take to be loaded for the first time. */
const LOADING = 120_000;
/** A storage that is away for a moment is asked again after so many milliseconds. */
const PATIENCE = [500, 2_000, 5_000];

/**
 * How the version of a model becomes a program: its files are fetched and verified, what serves them is made ready, and the
 * model is loaded once to see whether it can be. All of that beside the reconciles, once for each content. In a cluster, pods
 * do that by themselves.
 */
export function createModelMake({ db, config, logger, changed }: MakingDeps, otherwise: Make): Make {
  const storage = openStorage(config.models.storage, config.dataDir);
  const home = join(config.dataDir, "models");
  const ready = new Map<string, Server | SluiceError>();
  /** Deployments that wait, by what they wait for. */
  const waiting = new Map<string, Set<string>>();

  const begin = (digest: string, spec: FilesSpec): void => {
    const make = async (): Promise<Server> => {
      const folder = join(home, "files", digest);
      const names = await patiently(() => fetchFiles(storage, spec, folder));
      const model = join(folder, modelOf(spec.runtime, names));
      const server = await serverOf(spec.runtime, folder);
      const { ok, complaint } = await runChild([...server, "--model", model, "--check"], {
        env: config.programEnv,
        timeout: LOADING,
      });
      if (!ok) throw new SluiceError("failed_precondition", `the model cannot be loaded: ${complaint}`);
      return [...server, "--model", model];
    };
    make()
      .catch((error: unknown) => {
        logger.warn({ err: error, files: spec.files }, "a model cannot be served");
        return error instanceof SluiceError
          ? error
          : new SluiceError("internal", "the model could not be made ready; the log says why");
      })
      .then((made) => {
        const deployments = waiting.get(digest) ?? [];
        ready.set(digest, made);
        waiting.delete(digest);
        for (const deployment of deployments) changed(deployment);
      });
  };

  const serverOf = async (runtime: string, folder: string): Promise<Server> => {
    if (runtime === "onnx") return [process.execPath, NODE_SERVER];
    const options = { folder: join(home, "python"), python: config.models.python, env: config.programEnv };
    return [await pythonFor(folder, options), PYTHON_SERVER];
  };

  return async (made) => {
    const { spec, deployment } = made;
    if (!("files" in spec)) return otherwise(made);
    if (!isServed(spec.runtime)) throw notServed(spec.runtime);
    assertOwn(spec.files, made.project, config.models.storage.bucket);
    if (made.target.type === "kubernetes") return chartProgram(spec, made, await artifactOf(made), config.models);
    const digest = digestOf({ files: spec.files, manifest: spec.manifest ?? null, runtime: spec.runtime }).replace(
      "sha256:",
      "",
    );
    const known = ready.get(digest);
    if (known instanceof SluiceError) {
      // Told once: whoever asks again has changed something, or hopes that something has.
      ready.delete(digest);
      throw known;
    }
    if (known !== undefined) return programOf(known, made, await artifactOf(made));
    const others = waiting.get(digest);
    waiting.set(digest, new Set([...(others ?? []), deployment]));
    if (others === undefined) begin(digest, spec);
    return null;
  };

  async function artifactOf({ deployment, name }: Made): Promise<string> {
    const row = await db
      .selectFrom("deployments")
      .innerJoin("artifacts", "artifacts.id", "deployments.artifact_id")
      .select("artifacts.name")
      .where("deployments.id", "=", deployment)
      .executeTakeFirst();
    return row?.name ?? name;
  }
}

/** What runs a model without a server of its own. */
export const isServed = (runtime: string): boolean => runtime === "onnx" || runtime === "joblib";

export const notServed = (runtime: string): SluiceError =>
  new SluiceError(
    "failed_precondition",
    `nothing here serves models of the runtime ${runtime}; those of onnx and joblib are served`,
  );

/** Uploads of every project are in one bucket, each in a folder of its own: nobody serves another one's. */
function assertOwn(files: string, project: string, bucket: string): void {
  const place = parseStoragePath(files, "spec.files");
  if (place.bucket !== bucket || place.key.startsWith(`${project}/`)) return;
  throw new SluiceError(
    "failed_precondition",
    `${files} is not of project ${project}, whose files are in s3://${bucket}/${project}/`,
  );
}

function modelOf(runtime: string, names: readonly string[]): string {
  const found = modelFileOf(names);
  if (found?.runtime === runtime) return found.name;
  throw new SluiceError("failed_precondition", `among ${names.join(", ")} is no file that ${runtime} could load`);
}

function programOf(server: Server, { config, version }: Made, name: string): RunnableSpec {
  const cpu = config.resources.limits?.cpu;
  const threads = cpu === undefined ? [] : ["--threads", String(Math.max(1, Math.ceil(cpuCores(cpu))))];
  return { command: [...server, "--name", name, "--version", version, ...threads], env: {} };
}

/** Tries again what a storage that is away could not do. */
async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const pause of PATIENCE) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "unavailable") throw error;
      await sleep(pause, undefined, { ref: false });
    }
  }
  return work();
}
