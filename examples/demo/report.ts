import type { Chapter } from "./story.ts";

const BOLD = "\u001b[1m";
const PLAIN = "\u001b[0m";
const begun = performance.now();

export function heading(text: string): void {
  console.log(process.stdout.isTTY ? `\n${BOLD}${text}${PLAIN}` : `\n${text}`);
}

/** One line of the story, with the seconds since its beginning. */
export function line(text: string): void {
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1).padStart(5);
  console.log(text.startsWith("\n") || text.startsWith("  ") ? text : `${seconds} s  ${text}`);
}

/** What users saw in each chapter. */
export function summary(chapters: readonly Chapter[]): void {
  const rows = chapters.map(({ version, rollout, seconds, seen }) => [
    version,
    rollout.phase.replaceAll("_", " "),
    `${seconds.toFixed(1)} s`,
    String(seen.requests),
    String(seen.versions.get(version) ?? 0),
    String(seen.errors),
    `${quantile(seen.latencies, 0.5).toFixed(1)} / ${quantile(seen.latencies, 0.99).toFixed(1)} ms`,
  ]);
  const header = ["version", "ended", "took", "requests", "of them to it", "errors users saw", "p50 / p99"];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  for (const row of [header, ...rows])
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`);
  for (const { version, rollout } of chapters) {
    if (rollout.reason !== null) console.log(`\n  ${version}: ${rollout.reason}`);
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
