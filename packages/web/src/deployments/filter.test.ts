import type { Deployment } from "@sluice/client";
import { expect, test } from "vitest";
import { choicesIn, deploymentsSearch, matching, rowsOf } from "./filter.ts";

const deployment = (changes: Partial<Deployment>): Deployment => ({
  ...{ id: "dep_1", name: "greeter", project: "default", kind: "application", artifact: "greeter" },
  ...{ environment: "production", status: "running", version: "1.0.0", revision: 1, activeRollout: null, split: [] },
  endpoints: { external: null, internal: null, monitoring: "", logs: "" },
  config: {
    ...{
      replicas: 1,
      env: {},
      parameters: {},
      resources: {},
      scaling: null,
      progressDeadlineSeconds: 1,
      stopSeconds: 1,
    },
    healthCheck: { path: null, intervalSeconds: 1, timeoutSeconds: 1, retries: 1 },
  },
  ...{ replicas: 1, route: null, target: null, partOf: null, members: null, labels: {}, deployedBy: "ada" },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z" },
  ...changes,
});

const rows = rowsOf([
  deployment({ id: "dep_1", name: "greeter", labels: { team: "a" } }),
  deployment({ id: "dep_2", name: "Großer <b>Test</b> 🚀", environment: "staging", status: "failed" }),
  deployment({
    id: "dep_3",
    name: "search",
    artifact: "finder",
    version: "2.0.0-rc.1",
    kind: "prompt",
    labels: { team: "b" },
  }),
]);
const found = (search: object) => matching(rows, search).map(({ deployment: { id } }) => id);

test("every word has to be somewhere in name, artifact or version, in any case", () => {
  expect(found({ q: "GREET 1.0" })).toEqual(["dep_1", "dep_2"]);
  expect(found({ q: "finder rc.1" })).toEqual(["dep_3"]);
  expect(found({ q: "<b> 🚀 großer" })).toEqual(["dep_2"]);
  expect(found({ q: "greeter nobody" })).toEqual([]);
  expect(found({ q: "   " })).toEqual(["dep_1", "dep_2", "dep_3"]);
});

test("the other filters hold together", () => {
  expect(found({ environment: "staging" })).toEqual(["dep_2"]);
  expect(found({ status: "failed" })).toEqual(["dep_2"]);
  expect(found({ kind: "prompt", label: "team" })).toEqual(["dep_3"]);
  expect(found({ label: "team=a" })).toEqual(["dep_1"]);
  expect(found({ label: "team=c" })).toEqual([]);
});

test("what can be chosen is what is there, each once", () => {
  expect(choicesIn(rows)).toEqual({
    environments: ["production", "staging"],
    labels: ["team", "team=a", "team=b"],
  });
});

test("an address that somebody wrote by hand filters by what can be understood of it", () => {
  expect(deploymentsSearch({ q: 2, status: "broken", kind: "agent", label: { a: 1 } })).toEqual({
    q: "2",
    kind: "agent",
  });
});

test("of 5,000 the right ones are found", () => {
  const many = rowsOf(
    Array.from({ length: 5_000 }, (_, index) =>
      deployment({
        id: `dep_${index}`,
        name: `service-${index}`,
        environment: index % 2 === 0 ? "production" : "staging",
        labels: { team: `t${index % 10}` },
      }),
    ),
  );
  const search = { q: "service 499", environment: "staging", label: "team=t9" };
  const names = matching(many, search).map(({ deployment: { name } }) => name);
  expect(names).toEqual([
    "service-499",
    "service-1499",
    "service-2499",
    "service-3499",
    "service-4499",
    "service-4999",
  ]);
});
