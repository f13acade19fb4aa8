import { titleOf } from "@sluice/core";
import { expect, test } from "vitest";
import { inOrder, parseManifest } from "./parse.ts";

const GOOD = `
kind: Deployment
name: greeter
artifact: greeter
version: 1.0.0
environment: production
config: { replicas: 2 }
route: { path: /greeter }
---
# Documents may stand in any order.
kind: Version
artifact: greeter
version: 1.0.0
spec:
  command: [node, server.mjs]
---
kind: Artifact
name: greeter
artifactKind: application
---
kind: Environment
name: production
`;

/** The lines of the error that a manifest is refused with. */
function problemsIn(text: string): string[] {
  try {
    parseManifest(text, "sluice.yaml");
  } catch (error) {
    return error instanceof Error ? error.message.split("\n") : [String(error)];
  }
  return [];
}

test("documents of every kind are read, and put into the order in which they need each other", () => {
  expect(inOrder(parseManifest(GOOD, "sluice.yaml")).map(titleOf)).toEqual([
    "Environment production",
    "Artifact greeter",
    "Version greeter 1.0.0",
    "Deployment greeter in production",
  ]);
});

test("every mistake of every document is named with file, line, field, what was found and what is allowed", () => {
  const text = `kind: Deployment
name: Greeter
artifact: greeter
version: 1.10
environment: production
config:
  replicas: -1
  env:
    PORT: "80"
strategy:
  type: canary
  initialPercentage: 120
  bakeSecond: 5
---
kind: Deploymnt
`;
  expect(problemsIn(text)).toEqual([
    expect.stringMatching(/^sluice\.yaml:2: name is "Greeter"; 1 to 63 of a-z/),
    "sluice.yaml:4: version is 1.1; expected string (put it in quotes)",
    expect.stringMatching(/^sluice\.yaml:7: config\.replicas is -1; too small/),
    expect.stringMatching(/^sluice\.yaml:9: config\.env\.PORT/),
    expect.stringMatching(/^sluice\.yaml:12: strategy\.initialPercentage is 120; too big/),
    "sluice.yaml:13: strategy.bakeSecond is 5; no such field",
    'sluice.yaml:15: kind is "Deploymnt"; allowed: Environment, Artifact, Version, Gate, Deployment',
  ]);
});

test("what is missing is named at the document it is missing in", () => {
  expect(problemsIn("kind: Artifact\nname: greeter\n")).toEqual([
    "sluice.yaml:1: artifactKind is missing; expected prompt, agent, model, pipeline, application",
  ]);
});

test("a step that is wrong is named by its own line and field", () => {
  const text = `kind: Deployment
name: greeter
artifact: greeter
version: "1"
environment: production
strategy:
  type: canary
  steps:
    - setWeight: 5
    - wait: { seconds: -1 }
`;
  expect(problemsIn(text)).toEqual([
    expect.stringMatching(/^sluice\.yaml:10: strategy\.steps\[1\]\.wait\.seconds is -1; too small/),
  ]);
});

test("the spec of a version is checked by the kind of its artifact in the same manifest", () => {
  const text = `kind: Artifact
name: tone
artifactKind: prompt
---
kind: Version
artifact: tone
version: "3"
spec:
  command: [node]
`;
  expect(problemsIn(text)).toContain('sluice.yaml:9: spec.command is ["node"]; no such field');
});

test("broken YAML is named by its line", () => {
  expect(problemsIn("kind: Artifact\nname: [greeter\n")[0]).toMatch(/^sluice\.yaml:[23]: /);
});

test("a manifest without documents is a mistake", () => {
  expect(problemsIn("# nothing here\n")).toEqual(["sluice.yaml holds no document"]);
});
