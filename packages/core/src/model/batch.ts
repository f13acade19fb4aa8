/**
 * Where a job over the lines of a file stands.
 *
 * - **queued**: waits for a server that has room. Left by one that takes it.
 * - **running**: a server works on it; one that dies is followed by another, from the last part that was kept.
 * - **completed**, **failed**, **cancelled**: over. What was kept of a job that failed or was cancelled can still be read.
 */
export const BATCH_STATES = ["queued", "running", "completed", "failed", "cancelled"] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export const BATCH_FORMATS = ["ndjson", "csv"] as const;
export type BatchFormat = (typeof BATCH_FORMATS)[number];

/** By the ending of the file's name; null when it tells nothing. */
export function formatOfName(name: string): BatchFormat | null {
  if (/\.(ndjson|jsonl)$/i.test(name)) return "ndjson";
  return /\.csv$/i.test(name) ? "csv" : null;
}

export const isOver = (status: BatchState): boolean => status !== "queued" && status !== "running";

/** What a record of CSV asks the model: its cells in order, those that are numbers as numbers. */
export const instanceOfCells = (cells: readonly string[]): (string | number)[] =>
  cells.map((cell) => (/^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(cell) ? Number(cell) : cell));
