import { expect, test } from "vitest";
import { parse } from "yaml";
import { format } from "./format.ts";
import { renderFields, renderTable } from "./table.ts";

const rows = [
  { name: "greeter", replicas: 2, note: null },
  { name: "a-longer-name", replicas: 10, note: "x" },
];
const columns = [
  { title: "name", value: ({ name }: (typeof rows)[number]) => name },
  { title: "replicas", value: ({ replicas }: (typeof rows)[number]) => replicas },
  { title: "note", value: ({ note }: (typeof rows)[number]) => note },
];

test("a table has titles in capitals, columns under each other, and a dash for what is not there", () => {
  expect(`\n${renderTable(rows, columns)}\n`).toMatchInlineSnapshot(`
    "
    NAME            REPLICAS   NOTE
    greeter         2          -
    a-longer-name   10         x
    "
  `);
});

test("a table of nothing says so", () => {
  expect(renderTable([], columns)).toBe("(none)");
});

test("fields without a value are left out", () => {
  expect(renderFields({ name: "greeter", reason: null, labels: "", replicas: 0 })).toBe(
    "name       greeter\nreplicas   0",
  );
});

test("json and yaml are the data as it is, and the table is not even drawn", () => {
  const data = { items: rows };
  const never = () => {
    throw new Error("drawn");
  };
  expect(JSON.parse(format("json", data, never))).toEqual(data);
  expect(parse(format("yaml", data, never))).toEqual(data);
});

test("a version that looks like a number stays a text in yaml", () => {
  expect(format("yaml", { version: "1.10" }, () => "")).toBe('version: "1.10"\n');
});
