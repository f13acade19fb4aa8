import { RESOURCE_SCHEMAS } from "@sluice/core";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { applyFor, commandsFor, MANIFEST } from "./texts.ts";

test("what is offered to be copied is a manifest that the server takes", () => {
  const documents = parseAllDocuments(MANIFEST).map((document) => document.toJSON());
  const kinds = ["Artifact", "Version", "Deployment"] as const;
  expect(documents.map(({ kind }) => kind)).toEqual(kinds);
  const refused = kinds.map((kind, index) => RESOURCE_SCHEMAS[kind].safeParse(documents[index]).error?.message);
  expect(refused).toEqual([undefined, undefined, undefined]);
});

test("the commands are about the project that is looked at", () => {
  expect(applyFor("default")).toBe("sluice apply -f sluice.yaml --wait");
  expect(
    commandsFor("shop")
      .split("\n")
      .every((line) => line.includes("--project shop")),
  ).toBe(true);
  // What comes after the dashes is the program's.
  expect(commandsFor("shop")).toContain("--project shop -- node server.mjs");
});
