import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  endpoint,
  type StorageConfig,
  storageConfig,
  storageVariables,
  usesTls,
  withScheme,
} from "../../storage/storage.config.ts";

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
  /** How models are served in a cluster. */
  cluster: {
    /** The storage as pods reach it; null: Amazon's own. */
    endpoint: string | null;
    /** Of the model server. */
    image: string;
    /** The folder of the chart that serves them. */
    chart: string;
    /** The program that installs it. */
    helm: string;
  };
}

/** Of this repository. */
const CHART = fileURLToPath(new URL("../../../../../charts/model-serving", import.meta.url));

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
  SLUICE_MODEL_IMAGE: z
    .string()
    .regex(/^[\w][\w.:/-]*(@sha256:[0-9a-f]{64})?$/, "an image such as sluice/model-server:0.1.0")
    .default("sluice/model-server:0.1.0"),
  SLUICE_MODEL_CHART: z.string().min(1).default(CHART),
  SLUICE_HELM: z.string().min(1).default("helm"),
  SLUICE_S3_CLUSTER_ENDPOINT: endpoint,
  MINIO_CLUSTER_ENDPOINT: endpoint,
  SLUICE_INGRESS_HOST: host.optional(),
  SLUICE_INGRESS_BASE_PATH: basePath.optional(),
  INGRESS_HOST: host.optional(),
  INGRESS_BASE_PATH: basePath.optional(),
};

type Values = z.output<z.ZodObject<typeof modelVariables>>;

export function modelConfig(values: Values): ModelConfig {
  const storage = storageConfig(values);
  return {
    storage,
    uploadLimit: values.SLUICE_UPLOAD_LIMIT,
    ingressHost: values.SLUICE_INGRESS_HOST ?? values.INGRESS_HOST ?? "localhost",
    ingressBasePath: values.SLUICE_INGRESS_BASE_PATH ?? values.INGRESS_BASE_PATH ?? "/api/v1/predict",
    deploySeconds: values.SLUICE_MODEL_DEPLOY_SECONDS,
    python: values.SLUICE_PYTHON,
    cluster: {
      endpoint: clusterEndpoint(values, storage),
      image: values.SLUICE_MODEL_IMAGE,
      chart: resolve(values.SLUICE_MODEL_CHART),
      helm: values.SLUICE_HELM,
    },
  };
}

/** What a cluster calls a storage of its own, where the server reaches it by a port of its machine. */
const IN_CLUSTER = "minio:9000";

/** The storage as pods reach it: as the server does, unless that is by an address which every pod has for itself. */
function clusterEndpoint(values: Values, storage: StorageConfig): string | null {
  const given = values.SLUICE_S3_CLUSTER_ENDPOINT ?? values.MINIO_CLUSTER_ENDPOINT;
  if (given !== undefined) return withScheme(given, usesTls(values));
  if (storage.type !== "s3" || storage.endpoint === null) return null;
  return isLoopbackHost(new URL(storage.endpoint).hostname)
    ? withScheme(IN_CLUSTER, usesTls(values))
    : storage.endpoint;
}

const isLoopbackHost = (name: string): boolean => name === "localhost" || name === "[::1]" || name.startsWith("127.");
