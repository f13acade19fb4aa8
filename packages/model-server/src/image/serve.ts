import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelFileOf, SluiceError } from "@sluice/core";
import { pythonFor } from "../python/python.environment.ts";
import { filesFolder, pythonFolder } from "./folder.ts";
import type { ServeOptions } from "./image.config.ts";

const NODE_SERVER = fileURLToPath(new URL("../main.ts", import.meta.url));
const PYTHON_SERVER = fileURLToPath(new URL("../../python/model_server.py", import.meta.url));

/** The command that serves the model whose files are there. Throws `failed_precondition` for files that nothing serves. */
export async function serverCommand(options: ServeOptions): Promise<string[]> {
  const folder = filesFolder(options.folder);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new SluiceError("failed_precondition", `there are no files in ${folder}: fetch them first`, { cause });
  });
  const model = modelFileOf(names);
  if (model === null || model.runtime === "none") {
    throw new SluiceError(
      "failed_precondition",
      `among ${names.join(", ") || "no files"} is none that can be served: *.onnx, *.joblib or *.pkl`,
    );
  }
  const { name, version, threads, basePath } = options;
  return [
    ...(model.runtime === "onnx" ? [process.execPath, NODE_SERVER] : [await python(options, folder), PYTHON_SERVER]),
    ...["--model", join(folder, model.name), "--name", name, "--version", version],
    ...(threads === 0 ? [] : ["--threads", String(threads)]),
    ...(basePath === "" ? [] : ["--base-path", basePath]),
  ];
}

/** An interpreter with what the model needs; packages that the image has count. */
const python = ({ folder, python, programEnv }: ServeOptions, files: string): Promise<string> =>
  pythonFor(files, { folder: pythonFolder(folder), python, env: programEnv, shared: true });
