import { z } from "zod";

/** Where files of models and jobs are kept. A folder is `storage` in the data folder; its buckets are folders in that. */
export type StorageConfig = { type: "folder"; bucket: string } | S3Config;

export interface S3Config {
  type: "s3";
  /** Null: Amazon's own. */
  endpoint: string | null;
  region: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
}

const ENDPOINT = /^(https?:\/\/)?[\w.-]+(:\d{1,5})?\/?$|^(https?:\/\/)?\[[\da-fA-F:]+\](:\d{1,5})?\/?$/;
export const endpoint = z.string().regex(ENDPOINT, "host:port, or an address such as http://minio:9000").optional();
const bucket = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "3 to 63 of a-z, 0-9, '.' and '-', as S3 names buckets")
  .optional();
const key = z.string().min(1).optional();

/** Variables of the storage. `MINIO_…` are read where ours are not given. */
export const storageVariables = {
  SLUICE_STORAGE: z.enum(["folder", "s3"]).optional(),
  SLUICE_S3_ENDPOINT: endpoint,
  SLUICE_S3_ACCESS_KEY: key,
  SLUICE_S3_SECRET_KEY: key,
  SLUICE_S3_BUCKET: bucket,
  SLUICE_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, "the name of a region, such as us-east-1")
    .default("us-east-1"),
  SLUICE_S3_SSL: z.enum(["on", "off"]).optional(),
  MINIO_ENDPOINT: endpoint,
  MINIO_ACCESS_KEY: key,
  MINIO_SECRET_KEY: key,
  MINIO_BUCKET_NAME: bucket,
  MINIO_USE_SSL: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["true", "false", "1", "0", "yes", "no"]))
    .optional(),
};

/** Never shown, even when they are wrong. */
export const STORAGE_SECRETS = ["SLUICE_S3_ACCESS_KEY", "SLUICE_S3_SECRET_KEY", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"];

type Values = Pick<z.output<z.ZodObject<typeof storageVariables>>, keyof typeof storageVariables>;

const DEFAULT_BUCKET = "models";
const YES = new Set(["true", "1", "yes"]);

/** S3 where it is asked for or an endpoint is given; otherwise a folder of the data folder. */
export function storageConfig(values: Values): StorageConfig {
  const address = values.SLUICE_S3_ENDPOINT ?? values.MINIO_ENDPOINT;
  const name = values.SLUICE_S3_BUCKET ?? values.MINIO_BUCKET_NAME ?? DEFAULT_BUCKET;
  const type = values.SLUICE_STORAGE ?? (address === undefined ? "folder" : "s3");
  if (type === "folder") return { type, bucket: name };
  return {
    type,
    endpoint: address === undefined ? null : withScheme(address, usesTls(values)),
    region: values.SLUICE_S3_REGION,
    accessKey: values.SLUICE_S3_ACCESS_KEY ?? values.MINIO_ACCESS_KEY ?? "",
    secretKey: values.SLUICE_S3_SECRET_KEY ?? values.MINIO_SECRET_KEY ?? "",
    bucket: name,
  };
}

export const usesTls = ({ SLUICE_S3_SSL: ours, MINIO_USE_SSL: theirs }: Values): boolean =>
  ours === undefined ? theirs !== undefined && YES.has(theirs) : ours === "on";

export const withScheme = (address: string, tls: boolean): string =>
  address.includes("://") ? address : `${tls ? "https" : "http"}://${address}`;
