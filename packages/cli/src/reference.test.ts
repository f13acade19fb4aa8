import { globSync, readFileSync } from "node:fs";
import { compileJsonSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { REFERENCE, renderReference, renderSchema, SCHEMA } from "../reference.ts";

test("the handbook's reference is that of the command; otherwise: npm run generate", () => {
  expect(readFileSync(REFERENCE, "utf8")).toBe(renderReference());
});

test("the schema for editors is that of the manifests that apply reads; otherwise: npm run generate", () => {
  expect(readFileSync(SCHEMA, "utf8")).toBe(renderSchema());
});

test.each(globSync("examples/**/sluice.yaml"))("%s is valid by the schema for editors", (path) => {
  const problems = compileJsonSchema(JSON.parse(readFileSync(SCHEMA, "utf8")));
  const documents = parseAllDocuments(readFileSync(path, "utf8")).map((document) => document.toJS());
  expect(documents.flatMap((document) => problems(document))).toEqual([]);
});
