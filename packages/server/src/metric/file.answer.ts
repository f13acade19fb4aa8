import { parse } from "csv-parse/sync";
import { invalid, type MetricOutcome, noData } from "./metric.outcome.ts";

/**
 * The numbers of a column in CSV with a header. A last line without an end may still be being written and is not read (edge case
 * 27); empty cells and NaN are gaps.
 */
export function readCsv(text: string, column: string): MetricOutcome {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  let rows: string[][];
  try {
    rows = parse(whole, { relax_column_count: true, skip_empty_lines: true, bom: true, trim: true });
  } catch (error) {
    return invalid(`the file is not CSV: ${error instanceof Error ? error.message.slice(0, 200) : "an error"}`);
  }
  const [header, ...lines] = rows;
  if (header === undefined) return noData("the file is empty; a header and a line would end this");
  const place = header.indexOf(column);
  if (place === -1) return invalid(`the file has no column ${column}; its columns: ${header.join(", ").slice(0, 200)}`);
  const values: number[] = [];
  for (const [index, line] of lines.entries()) {
    const cell = line[place] ?? "";
    if (isGap(cell)) continue;
    const value = Number(cell);
    if (!Number.isFinite(value))
      return invalid(`line ${index + 2}: ${column} is ${cell.slice(0, 80)}; allowed: numbers`);
    values.push(value);
  }
  return values.length === 0
    ? noData(`the column ${column} is empty; a number would end this`)
    : { kind: "values", values };
}

/** A list of numbers, `{column: numbers}`, or a list of objects with the column. null is a gap. */
export function readJsonFile(text: string, column: string): MetricOutcome {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return invalid("the file is not JSON");
  }
  const list = Array.isArray(body) ? body : memberOf(body, column);
  if (!Array.isArray(list))
    return invalid(`the file has no list at ${column}; allowed: numbers, or objects with ${column}`);
  const values: number[] = [];
  for (const [index, entry] of list.entries()) {
    const value: unknown = typeof entry === "object" && entry !== null ? memberOf(entry, column) : entry;
    if (value === null || (typeof value === "number" && Number.isNaN(value))) continue;
    if (typeof value !== "number" || !Number.isFinite(value)) {
      return invalid(
        `entry ${index + 1} is ${JSON.stringify(value)?.slice(0, 80)}; allowed: numbers, or objects with ${column}`,
      );
    }
    values.push(value);
  }
  return values.length === 0 ? noData("the list is empty; a number would end this") : { kind: "values", values };
}

const isGap = (cell: string): boolean => cell === "" || /^(nan|null)$/i.test(cell);

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
