import Table from "cli-table3";

export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | null;
}

const NO_LINES = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "   ",
};

/** Rows under titles in capitals, without lines: made to be read, and to be cut by awk. Nothing to show is `(none)`. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  if (rows.length === 0) return "(none)";
  return draw([
    columns.map(({ title }) => title.toUpperCase()),
    ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? "-"))),
  ]);
}

/** One thing: a name and a value on each line. Absent values are left out. */
export function renderFields(fields: Readonly<Record<string, string | number | null | undefined>>): string {
  return draw(
    Object.entries(fields).flatMap(([name, value]) =>
      value === null || value === undefined || value === "" ? [] : [[name, String(value)]],
    ),
  );
}

function draw(rows: string[][]): string {
  const table = new Table({ chars: NO_LINES, style: { "padding-left": 0, "padding-right": 0, head: [], border: [] } });
  table.push(...rows);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
