import { z } from "zod";
import type { StorageConfig } from "../../storage/storage.config.ts";
import { storageConfig, storageVariables } from "../../storage/storage.config.ts";

/** What the server needs to know to keep and serve models. */
export interface ModelConfig {
  storage: StorageConfig;
  /** Bytes of one upload, all its files together. */
  uploadLimit: number;
  /** Host, and a port where it is not the gateway's, under which callers reach predictions. */
  ingressHost: string;
  /** Begins with a slash and does not end with one. */
  ingressBasePath: string;
  /** So long may a deployment take until it serves; one that takes longer has failed. */
  deploySeconds: number;
  /** The program that runs models of Python. */
  python: string;
}

const host = z
  .string()
  .regex(/^([\w.-]+|\[[\da-fA-F:]+\])(:\d{1,5})?$/, "a host, and a port where it is not the gateway's");
const basePath = z
  .string()
  .regex(/^(\/[\w.~-]+)+\/?$/, "a path such as /api/v1/predict")
  .transform((path) => path.replace(/\/$/, ""));

/** `INGRESS_…` are read where ours are not given. */
export const modelVariables = {
  ...storageVariables,
  SLUICE_UPLOAD_LIMIT: z.coerce.number().int().min(1_024).default(5_368_709_120),
  SLUICE_MODEL_DEPLOY_SECONDS: z.coerce.number().int().min(1).max(3_600).default(300),
  SLUICE_PYTHON: z.string().min(1).default("python3"),
  SLUICE_INGRESS_HOST: host.optional(),
  SLUICE_INGRESS_BASE_PATH: basePath.optional(),
  INGRESS_HOST: host.optional(),
  INGRESS_BASE_PATH: basePath.optional(),
};

export function modelConfig(values: z.output<z.ZodObject<typeof modelVariables>>): ModelConfig {
  return {
    storage: storageConfig(values),
    uploadLimit: values.SLUICE_UPLOAD_LIMIT,
    ingressHost: values.SLUICE_INGRESS_HOST ?? values.INGRESS_HOST ?? "localhost",
    ingressBasePath: values.SLUICE_INGRESS_BASE_PATH ?? values.INGRESS_BASE_PATH ?? "/api/v1/predict",
    deploySeconds: values.SLUICE_MODEL_DEPLOY_SECONDS,
    python: values.SLUICE_PYTHON,
  };
}
