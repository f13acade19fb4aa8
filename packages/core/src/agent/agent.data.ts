/** Copies of an agent's data that are kept: what was there before each of the last deployments, and the last backups. */
export const KEPT_SNAPSHOTS = 3;
export const KEPT_BACKUPS = 5;

/**
 * Names of the copies that may go: all but the newest `keep`. Names sort by age. One that is needed (`inUse`) stays whatever its age.
 */
export function copiesToForget(names: readonly string[], keep: number, inUse: readonly string[]): string[] {
  const newestFirst = names.toSorted().reverse();
  return newestFirst.slice(keep).filter((name) => !inUse.includes(name));
}

/** One file of a copy; the checksum is of its content, for a link of where it leads. */
export interface CopiedFile {
  /** Relative to the folder, with `/`. */
  path: string;
  type: "file" | "folder" | "link";
  bytes: number;
  mode: number;
  sha256: string;
}

export interface CopyManifest {
  /** What the copy is of, and why it was made. */
  agent: string;
  deployment: string;
  reason: string;
  createdAt: string;
  files: CopiedFile[];
  bytes: number;
  /** Of the list of files: two copies with the same digest hold the same. */
  digest: string;
  /** What could not be copied: sockets, pipes, devices, and what went away meanwhile. */
  leftOut: string[];
}
