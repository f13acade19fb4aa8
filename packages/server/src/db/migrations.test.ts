import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const FOLDER = new URL("./migrations/", import.meta.url);

/** A server of the release before goes on while a migration runs and after it: what it reads and writes must stay. */
const NARROWS = [
  /\bdrop\s+(table|column|schema|view|type)\b/i,
  /\brename\s+(to|column|constraint)\b/i,
  /\balter\s+column\s+\w+\s+(set\s+not\s+null|type|set\s+data\s+type)\b/i,
  // A column that must be given, and that older servers do not know.
  /\badd\s+column\s+(if\s+not\s+exists\s+)?\w+\s+[^,;]*\bnot\s+null\b(?![^,;]*\bdefault\b)(?![^,;]*\bgenerated\b)/i,
];

const withoutComments = (sql: string): string => sql.replace(/--.*$/gm, "");

const narrowing = (sql: string): string[] =>
  NARROWS.flatMap((pattern) => pattern.exec(withoutComments(sql))?.[0] ?? []);

test.each(readdirSync(FOLDER).filter((name) => name.endsWith(".sql")))(
  "%s only expands: servers of the release before go on beside those of the next",
  (name) => {
    expect(narrowing(readFileSync(new URL(name, FOLDER), "utf8"))).toEqual([]);
  },
);

test.each([
  "alter table deployments drop column fence",
  "drop table routes;",
  "alter table deployments rename column fence to token",
  "alter table routes alter column epoch set not null",
  "alter table routes add column owner text not null",
])("%s would not", (sql) => {
  expect(narrowing(sql)).toHaveLength(1);
});

test.each([
  "alter table routes add column owner text",
  "alter table routes add column tries integer not null default 0",
  "-- drop table routes\ncreate table more (id text primary key not null)",
])("%j would", (sql) => {
  expect(narrowing(sql)).toEqual([]);
});
