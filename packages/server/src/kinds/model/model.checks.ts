import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { modelFileOf, parseStoragePath } from "@sluice/core";
import { fail, pass } from "../../engine/checks/finding.ts";
import type { Check } from "../../engine/checks.ts";
import { isServed, notServed } from "./making/model.make.ts";

/** Whether the files of a model can be served from here. Whether they can be loaded is seen when they are fetched. */
export const modelChecks: readonly Check[] = [
  {
    name: "model-runtime",
    type: "model",
    severity: "critical",
    async run({ candidate: { spec, target }, programPath, python = "python3" }) {
      if (!("files" in spec)) return null;
      const { runtime } = spec;
      if (target.type !== "process" && target.type !== "kubernetes") return null;
      if (!isServed(runtime)) return fail(notServed(runtime).message);
      if (target.type === "kubernetes") return pass(`models of the runtime ${runtime} are served by the model server`);
      if (runtime !== "joblib") return pass(`models of the runtime ${runtime} are served by the model server`);
      const places = python.includes("/")
        ? [python]
        : programPath.split(delimiter).map((folder) => join(folder, python));
      const found = await Promise.all(places.map(isExecutable));
      return found.includes(true)
        ? pass(`models of the runtime joblib are served by ${python}, in an environment of their own`)
        : fail(
            `models of the runtime joblib need ${python}, which is not on the PATH of the server; install it, or name another one by SLUICE_PYTHON`,
          );
    },
  },
  {
    name: "model-storage",
    type: "model",
    severity: "critical",
    async run({ candidate: { spec, target }, storage = "folder" }) {
      if (!("files" in spec) || target.type !== "kubernetes") return null;
      if (storage === "s3") return pass("pods fetch the files from S3 by themselves");
      return fail(
        "the files of models are in a folder of this server, where no pod can fetch them; keep them in S3 (SLUICE_S3_ENDPOINT)",
      );
    },
  },
  {
    name: "model-files",
    type: "model",
    severity: "critical",
    async run({ candidate: { spec } }) {
      if (!("files" in spec)) return null;
      const { files, manifest, runtime } = spec;
      if (!isPlace(files)) return fail(`files are at ${files}; allowed: s3://bucket/key or bucket/key`);
      if (manifest === undefined) return pass(`files are taken from ${files} as they are: no digests were registered`);
      const model = modelFileOf(manifest.map(({ name }) => name));
      return model?.runtime === runtime
        ? pass(`${model.name} is the model, and its content is known by its SHA-256`)
        : fail(`among ${manifest.map(({ name }) => name).join(", ")} is no file that ${runtime} could load`);
    },
  },
];

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

function isPlace(files: string): boolean {
  try {
    parseStoragePath(files);
    return true;
  } catch {
    return false;
  }
}
