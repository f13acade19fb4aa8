import { SluiceError } from "../errors.ts";

/**
 * Where the version of a model stands.
 *
 * - **PENDING**: registered; waits for its files. Left by an upload that has a model in it.
 * - **READY**: its files are kept, and never change. It stays so.
 * - **FAILED**: its last upload could not be kept; the reason is told. Left by the next upload.
 */
export const MODEL_VERSION_STATES = ["PENDING", "READY", "FAILED"] as const;
export type ModelVersionState = (typeof MODEL_VERSION_STATES)[number];

export interface ModelFile {
  name: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** Below the version's own folder. */
  path: string;
}

/** Throws `failed_precondition` unless the version can be deployed, with what is missing. */
export function assertReady(version: { id: number; status: ModelVersionState; reason: string | null }): void {
  if (version.status === "READY") return;
  const why =
    version.status === "FAILED"
      ? `its upload failed: ${version.reason ?? "no reason was kept"}`
      : "its files were not uploaded yet";
  throw new SluiceError(
    "failed_precondition",
    `version ${version.id} is ${version.status}: ${why}; upload the model to /api/v1/versions/${version.id}/upload first`,
    { violations: [{ field: "status", found: version.status, allowed: "READY" }] },
  );
}

/** Whether two sets of files are the same, whatever places they are kept in. */
export function sameFiles(left: readonly ModelFile[], right: readonly ModelFile[]): boolean {
  const contents = (files: readonly ModelFile[]): string =>
    JSON.stringify(files.map(({ name, sha256 }) => [name, sha256]).toSorted());
  return contents(left) === contents(right);
}

/** Files after an upload: those of the upload, and those it does not replace. */
export function mergeFiles(
  before: readonly ModelFile[],
  uploaded: readonly ModelFile[],
): { files: ModelFile[]; replaced: ModelFile[] } {
  const names = new Set(uploaded.map(({ name }) => name));
  const files = [...before.filter(({ name }) => !names.has(name)), ...uploaded];
  return {
    files: files.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    replaced: before.filter(({ name }) => names.has(name)),
  };
}
