import { cpuCores, type Json, type Program, parseStoragePath, storagePath } from "@sluice/core";
import type { Made } from "../../making.ts";
import type { ModelConfig } from "../model.config.ts";
import type { FilesSpec } from "./model.make.ts";

/**
 * A model for a cluster: the chart that serves it, which fetches the files by itself. Callers come by the deployment's route,
 * wherever that is dealt: the chart's own way in stays shut. Pure.
 */
export function chartProgram(spec: FilesSpec, { config, version }: Made, name: string, settings: ModelConfig): Program {
  const { storage, cluster } = settings;
  if (storage.type !== "s3") throw new Error("files in a folder are refused before");
  const cpu = config.resources.limits?.cpu;
  const values: Record<string, Json> = {
    model: {
      name,
      version,
      path: storagePath(parseStoragePath(spec.files, "spec.files")),
      files: (spec.manifest ?? []).map(({ name: file, path, sha256 }) => ({ name: file, path, sha256 })),
      threads: cpu === undefined ? 0 : Math.max(1, Math.ceil(cpuCores(cpu))),
    },
    s3: { endpoint: cluster.endpoint ?? "", region: storage.region },
    image: imageOf(cluster.image),
    ingress: { enabled: false },
  };
  const secrets = { s3: { accessKey: storage.accessKey, secretKey: storage.secretKey } };
  return { env: {}, recipe: { type: "chart", chart: cluster.chart, values, secrets } };
}

/** `repository:tag`, `repository@sha256:…` or `repository`, where a port is no tag. */
export function imageOf(image: string): Record<string, string> {
  const [name = "", digest = ""] = image.split("@");
  const [, repository = name, tag = ""] = /^(.+):([\w][\w.-]*)$/.exec(name) ?? [];
  return digest === "" ? { repository, tag } : { repository, digest };
}
