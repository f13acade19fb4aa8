import type { Artifact, Deployment } from "@sluice/client";
import { expect, test } from "vitest";
import { artifactsSearch, matching, NOWHERE, placesOf, rowsOf } from "./filter.ts";

const artifact = (name: string, kind: Artifact["kind"], labels = {}): Artifact => ({
  ...{ id: `art_${name}`, project: "default", name, kind, labels },
  ...{ createdAt: "2026-11-22T10:00:00.000Z", latestVersion: "1.0.0" },
});
const deployment = (artifactName: string, environment: string, ...versions: string[]) => {
  const split = versions.map((version) => ({ version, weight: 100 / versions.length }));
  return { id: `dep_${artifactName}_${environment}`, artifact: artifactName, environment, split } as Deployment;
};

const rows = rowsOf(
  [artifact("greeter", "application", { team: "search" }), artifact("greeting", "prompt"), artifact("iris", "model")],
  [deployment("greeter", "staging", "1.1.0"), deployment("greeter", "production", "1.0.0"), deployment("x", "y", "1")],
);
const names = (search: Parameters<typeof matching>[1]) => matching(rows, search).map(({ artifact: { name } }) => name);

test("an artifact is shown with every environment that it runs in", () => {
  expect(rows.map(({ places }) => places)).toEqual([
    [
      { deployment: "dep_greeter_production", environment: "production", version: "1.0.0" },
      { deployment: "dep_greeter_staging", environment: "staging", version: "1.1.0" },
    ],
    [],
    [],
  ]);
});

test("a version serves where callers get it: both amid a rollout, and none of what failed at first or is stopped", () => {
  const [amid, failed] = [deployment("greeter", "production", "1.0.0", "1.1.0"), deployment("greeter", "staging")];
  const waiting = { ...failed, split: [{ version: "1.0.0", weight: 0 }] } as Deployment;
  const stopped = { ...amid, status: "stopped" } as Deployment;
  expect(placesOf([amid, failed, waiting, stopped])).toEqual([
    { deployment: "dep_greeter_production", environment: "production", version: "1.0.0" },
    { deployment: "dep_greeter_production", environment: "production", version: "1.1.0" },
  ]);
});

test("what is asked for has to be true of it all", () => {
  expect(names({})).toEqual(["greeter", "greeting", "iris"]);
  expect(names({ q: "GREET" })).toEqual(["greeter", "greeting"]);
  expect(names({ q: "greet search" })).toEqual(["greeter"]);
  expect(names({ kind: "model" })).toEqual(["iris"]);
  expect(names({ environment: "staging" })).toEqual(["greeter"]);
  expect(names({ environment: NOWHERE })).toEqual(["greeting", "iris"]);
  expect(names({ environment: NOWHERE, q: "greeter" })).toEqual([]);
});

test("an address with anything else in it is one without", () => {
  expect(artifactsSearch({ q: 2, kind: "x", environment: "" })).toEqual({ q: "2" });
});
