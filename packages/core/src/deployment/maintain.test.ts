import { describe, expect, test } from "vitest";
import { instances } from "../rollout/testing/fixtures.ts";
import { maintain, type RestingDeployment, type RestingFacts, removable } from "./maintain.ts";

const resting: RestingDeployment = { stable: 2, replicas: 3, stopped: false, deleting: false, retiring: [] };
const healthy: RestingFacts = {
  workloads: [instances(2, 3)],
  traffic: { verified: true, applied: true, split: [{ revision: 2, weight: 10_000 }] },
  routed: true,
};
const seen = (changes: Partial<RestingFacts["traffic"]>) => ({ ...healthy.traffic, ...changes });
const effects = (deployment: Partial<RestingDeployment>, facts: Partial<RestingFacts> = {}, now = 0) =>
  maintain({ ...resting, ...deployment }, { ...healthy, ...facts }, now).effects.map((effect) => effect.type);

describe("a deployment at rest", () => {
  test("as it should be is left alone, and nobody is woken", () => {
    // edge case 5, edge case 8
    expect(maintain(resting, healthy, 0)).toMatchObject({ effects: [] });
    expect(maintain(resting, healthy, 0).wakeAt).toBeUndefined();
  });

  test("that drifted is put right: instances and traffic", () => {
    // edge case 5
    expect(maintain(resting, { ...healthy, workloads: [] }, 0).effects).toEqual([
      { type: "setInstances", revision: 2, replicas: 3 },
    ]);
    expect(effects({ replicas: 5 })).toEqual(["setInstances"]);
    expect(effects({}, { traffic: seen({ split: [{ revision: 1, weight: 10_000 }] }) })).toEqual(["setTraffic"]);
    expect(effects({}, { traffic: seen({ verified: false }) })).toEqual(["setTraffic"]);
    expect(effects({}, { traffic: seen({ applied: false }) })).toEqual(["setTraffic"]);
  });

  test("keeps a retired revision warm until its time, then removes it", () => {
    const retiring = [{ revision: 1, at: 60_000 }];
    const facts = { workloads: [instances(2, 3), instances(1, 3)] };
    expect(maintain({ ...resting, retiring }, { ...healthy, ...facts }, 0)).toMatchObject({
      effects: [],
      wakeAt: 60_000,
    });
    expect(effects({ retiring }, facts, 60_000)).toEqual(["removeInstances"]);
    expect(effects({ retiring }, {}, 60_000)).toEqual([]);
  });

  test("does not remove what the data plane still gives traffic to, or might", () => {
    // edge case 21
    const facts = { workloads: [instances(2, 3), instances(1, 3)] };
    const both = [
      { revision: 2, weight: 9_000 },
      { revision: 1, weight: 1_000 },
    ];
    expect(effects({}, { ...facts, traffic: seen({ split: both }) })).toEqual(["setTraffic"]);
    expect(effects({}, { ...facts, traffic: seen({ verified: false }) })).toEqual(["setTraffic"]);
    expect(effects({}, facts)).toEqual(["removeInstances"]);
  });

  test("removes what a lost effect of an earlier rollout left behind", () => {
    // edge case 49
    expect(effects({}, { workloads: [instances(2, 3), instances(7, 1)] })).toEqual(["removeInstances"]);
    expect(effects({ stable: null }, { workloads: [instances(1, 1)], traffic: seen({ split: null }) })).toEqual([
      "removeInstances",
    ]);
  });

  test("stopped has no instances and keeps its route; started it has them again", () => {
    expect(maintain({ ...resting, stopped: true }, healthy, 0)).toMatchObject({
      desired: { split: [{ revision: 2, weight: 10_000 }] },
      effects: [{ type: "removeInstances", revision: 2 }],
    });
    expect(effects({ stopped: true }, { workloads: [] })).toEqual([]);
    expect(effects({}, { workloads: [] })).toEqual(["setInstances"]);
  });

  test("deleted loses traffic, then instances, and is forgotten when nothing is left", () => {
    // edge case 21
    expect(effects({ deleting: true }, { traffic: seen({ applied: false }) })).toEqual(["setTraffic"]);
    const off = seen({ split: null });
    expect(effects({ deleting: true }, { traffic: off })).toEqual(["removeInstances"]);
    expect(effects({ deleting: true }, { traffic: off, workloads: [{ ...instances(2, 1), desired: 0 }] })).toEqual([
      "removeInstances",
    ]);
    expect(effects({ deleting: true }, { traffic: off, workloads: [] })).toEqual(["forget"]);
    expect(effects({ deleting: true }, { routed: false, workloads: [] })).toEqual(["forget"]);
  });
});

describe("removable revisions while a rollout holds the deployment", () => {
  test("are those that nobody uses, whose time is over, and that have no traffic", () => {
    const facts = { ...healthy, workloads: [1, 2, 3, 4].map((revision) => instances(revision, 1)) };
    const retiring = [
      { revision: 1, at: 10 },
      { revision: 4, at: 99 },
    ];
    expect(removable(retiring, facts, [2, 3], 50)).toEqual([1]);
  });
});
