export * from "./api-error.ts";
export * from "./client.ts";
export type { paths } from "./generated/api.ts";
export * from "./pagination.ts";
export type { StreamOptions } from "./stream.ts";
export * from "./types.ts";
export type { ModelFile, UploadOptions } from "./upload.ts";
export * from "./wait.ts";
