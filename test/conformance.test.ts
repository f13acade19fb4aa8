import { existsSync, globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

/**
 * The pages in docs/conformance/ say, row by row, how each thing that a document prints works here. The last cell of a row
 * shows it: `` `path of a test file`: the name of a test in it ``, or what is planned: `planned: …`.
 */
const PAGES = globSync("docs/conformance/*.md").filter((page) => !page.endsWith("README.md"));

interface Row {
  line: number;
  cells: string[];
}

/** Rows of every table of a page, without headings and rules. Escaped bars stay in their cells. */
function rowsOf(page: string): Row[] {
  const lines = readFileSync(page, "utf8").split("\n");
  return lines.flatMap((text, index) => {
    const isRow =
      text.startsWith("|") && !/^\|[\s:|-]+\|$/.test(text) && !/^\|[\s:|-]+\|$/.test(lines[index + 1] ?? "");
    return isRow ? [{ line: index + 1, cells: cellsOf(text) }] : [];
  });
}

const cellsOf = (row: string): string[] =>
  row
    .replace(/^\||\|\s*$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

const sources = new Map<string, string>();
function sourceOf(path: string): string {
  const known = sources.get(path) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
  sources.set(path, known);
  return known;
}

/** Null when the cell names a test that exists, or a plan. */
function wrongWith(cell: string): string | null {
  if (/^planned: \S/.test(cell)) return null;
  const [, path, name] = /^`([^`]+)`: (.+)$/.exec(cell) ?? [];
  if (path === undefined || name === undefined) return "neither `file`: test, nor planned: …";
  if (!/\.test\.ts$|test_\w+\.py$/.test(path)) return `${path} is not a test file`;
  if (!existsSync(path)) return `${path} does not exist`;
  const wanted = name.replaceAll("\\|", "|");
  return sourceOf(path).replaceAll('\\"', '"').includes(wanted) ? null : `${path} has no test "${wanted}"`;
}

test.each(["prompts", "agents", "pipelines", "models", "platform"])("the page of %s is there", (kind) => {
  expect(PAGES).toContain(`docs/conformance/${kind}.md`);
});

describe.each(PAGES)("%s", (page) => {
  test("has no empty cell, and every row is shown by a test that exists or says what is planned", () => {
    const rows = rowsOf(page);
    expect(rows.length).toBeGreaterThan(10);
    const wrong = rows.flatMap(({ line, cells }) => {
      const what = cells.some((cell) => cell === "") ? "an empty cell" : wrongWith(cells.at(-1) ?? "");
      return what === null ? [] : [`line ${line}: ${what}`];
    });
    expect(wrong).toEqual([]);
  });
});
