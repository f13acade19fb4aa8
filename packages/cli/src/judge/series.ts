import { type MetricSeries, type Point, describe as show } from "@sluice/core";
import { parse as parseCsv } from "csv-parse/sync";
import { CliError, EXIT } from "../exit.ts";

/** Points of one metric that are read, and metrics of one file. */
const MOST_POINTS = 100_000;
const MOST_METRICS = 200;

/** The name of a metric that has none. */
export const UNNAMED = "value";

const ALLOWED = "a number or null";

export interface ReadSeries {
  series: MetricSeries;
  /** What was left out and why, for people. */
  notes: string[];
}

/**
 * The metrics of a file: JSON (a list of numbers, or an object of such lists) or, by its name, CSV with a column for each metric. Null,
 * "NaN" and empty cells are points that are not there (edge case 26). With `only`, other metrics are not looked at. Throws a `CliError` naming
 * file, line and field, what was found and what is allowed.
 */
export function parseSeries(text: string, file: string, only: readonly string[] = []): ReadSeries {
  const read = /\.csv$/i.test(file) ? fromCsv(text, file, only) : fromJson(text, file, only);
  const missing = only.find((name) => !read.series.has(name));
  if (missing !== undefined)
    throw refused(
      file,
      `there is no metric ${JSON.stringify(missing)}; it has ${[...read.series.keys()].join(", ") || "none"}`,
    );
  if (read.series.size === 0) throw refused(file, "there are no metrics; allowed: a list of numbers, or lists by name");
  return read;
}

function fromJson(text: string, file: string, only: readonly string[]): ReadSeries {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refused(file, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (Array.isArray(value)) return { series: new Map([[UNNAMED, pointsOf(value, file, "")]]), notes: [] };
  if (typeof value !== "object" || value === null)
    throw refused(file, `found ${show(value)}; allowed: a list of numbers, or an object of such lists by metric`);
  const entries = Object.entries(value);
  if (entries.length > MOST_METRICS)
    throw refused(file, `${entries.length} metrics; at most ${MOST_METRICS} are allowed`);
  const series = new Map(
    entries
      .filter(([name]) => only.length === 0 || only.includes(name))
      .map(([name, points]) => {
        if (!Array.isArray(points)) throw refused(file, `${name} is ${show(points)}; allowed: a list of numbers`);
        return [name, pointsOf(points, file, name)];
      }),
  );
  return { series, notes: [] };
}

function pointsOf(values: readonly unknown[], file: string, name: string): Point[] {
  if (values.length > MOST_POINTS)
    throw refused(file, `${name || "the list"} has ${values.length} points; at most ${MOST_POINTS} are allowed`);
  return values.map((value, index) => {
    if (value === null || value === "NaN") return null;
    if (typeof value === "number") return value;
    throw refused(file, `${name}[${index}] is ${show(value)}; allowed: ${ALLOWED}`);
  });
}

interface CsvRow {
  line: number;
  record: string[];
}

function fromCsv(text: string, file: string, only: readonly string[]): ReadSeries {
  const { rows, notes } = csvRows(text, file);
  const [head, ...lines] = rows;
  const header = head?.record ?? [];
  if (header.length > MOST_METRICS)
    throw refused(file, `${header.length} columns; at most ${MOST_METRICS} are allowed`);
  if (lines.length > MOST_POINTS) throw refused(file, `${lines.length} lines; at most ${MOST_POINTS} are allowed`);
  const series = new Map<string, Point[]>();
  for (const [column, name] of header.entries()) {
    if (only.length > 0 && !only.includes(name)) continue;
    series.set(
      name,
      lines.map(({ line, record }) => cellOf(record[column] ?? "", file, line, name)),
    );
  }
  return { series, notes };
}

/** A last line that is cut off is left out: whoever writes the file has not finished it (edge case 27). */
function csvRows(text: string, file: string): { rows: CsvRow[]; notes: string[] } {
  const rows = parsed(text, file);
  const width = rows[0]?.record.length ?? 0;
  const last = rows.at(-1);
  const unfinished = !text.endsWith("\n") && rows.length > 1 && last !== undefined && last.record.length < width;
  const kept = unfinished ? rows.slice(0, -1) : rows;
  const uneven = kept.find(({ record }) => record.length !== width);
  if (uneven !== undefined)
    throw refused(`${file}:${uneven.line}`, `${uneven.record.length} cells; the header has ${width} columns`);
  const note = unfinished ? [`${file}:${last.line}: the last line is cut off and was left out`] : [];
  return { rows: kept, notes: note };
}

function parsed(text: string, file: string): CsvRow[] {
  const rows: CsvRow[] = [];
  try {
    parseCsv(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (record, { lines }) => {
        rows.push({ line: lines, record });
        return null;
      },
    });
    return rows;
  } catch (error) {
    throw refused(file, `not CSV: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function cellOf(cell: string, file: string, line: number, column: string): Point {
  if (cell === "" || cell === "NaN" || cell === "null") return null;
  const value = Number(cell);
  if (!Number.isNaN(value)) return value;
  throw refused(`${file}:${line}`, `${column} is ${show(cell)}; allowed: a number, or nothing`);
}

const refused = (where: string, message: string): CliError => new CliError(EXIT.usage, `${where}: ${message}`);
