import { expect, test } from "vitest";
import { planOf } from "./pipeline.nodes.ts";

const NODES = [{ name: "web-1", labels: { tier: "web" } }];

test.each([
  { stable: null, incoming: 1, leading: 1, when: "the first one is delivered" },
  { stable: 1, incoming: 2, leading: 2, when: "another one is delivered" },
  { stable: 2, incoming: null, leading: 2, when: "the revision before is kept warm" },
  { stable: 1, incoming: null, leading: 1, when: "an update is taken back" },
])("revision $leading measures while $when", ({ leading, ...revisions }) => {
  const living = { deployment: "dep_1", replicas: 1, deleting: false, stored: null };
  expect(planOf({ ...living, ...revisions }, NODES)).toEqual({ nodes: ["local"], replicas: 1, leading });
});
