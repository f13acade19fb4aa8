import type { Chapter } from "./story.ts";

const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const PLAIN = "\u001b[0m";
const WIDTH = 110;
const LABEL_WIDTH = 12;
const begun = performance.now();

const painted = (paint: string, text: string): string => (process.stdout.isTTY ? `${paint}${text}${PLAIN}` : text);

export const secondsSoFar = (): number => (performance.now() - begun) / 1_000;

export function heading(text: string): void {
  console.log(`\n${painted(BOLD, text)}`);
}

/** One line of the story: the seconds since its beginning, what it is about, and the sentence, broken between words. */
export function line(label: string, text: string): void {
  const time = `${secondsSoFar().toFixed(1).padStart(5)} s`;
  print(`${painted(DIM, time)}  ${label.padEnd(LABEL_WIDTH)}  `, time.length + LABEL_WIDTH + 4, text);
}

/** A line that goes on with the one before. */
export function more(text: string): void {
  const indent = "00000 s".length + LABEL_WIDTH + 4;
  print(" ".repeat(indent), indent, text);
}

/** A name and what it stands for, without a time. */
export function item(name: string, text: string): void {
  console.log(`  ${name.padEnd(LABEL_WIDTH + 2)}  ${text}`);
}

function print(head: string, indent: number, text: string): void {
  const [first = "", ...rest] = wrap(text, WIDTH - indent);
  console.log(head + first);
  for (const part of rest) console.log(" ".repeat(indent) + part);
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1) ?? "";
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
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
    console.log(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
