import { describe, expect, test } from "vitest";
import type { KubeObject } from "../client/kube.types.ts";
import { createStore } from "./store.ts";

const object = (name: string, version: number, changes: Partial<KubeObject["metadata"]> = {}): KubeObject => ({
  metadata: {
    ...{ name, namespace: "shop", uid: `uid-${name}`, resourceVersion: String(version) },
    labels: { "sluice.dev/deployment": "dep_1" },
    ...changes,
  },
});

describe("what is known of objects", () => {
  // edge case 39
  test("is never older than what was written, however late the watch is", () => {
    const store = createStore();
    expect(store.put(object("a", 10))).toBe(true);
    expect(store.put(object("a", 9))).toBe(false);
    expect(store.get("shop", "a")?.metadata.resourceVersion).toBe("10");
    expect(store.put(object("a", 100))).toBe(true);
  });

  test("does not come back once it was told to go, and makes room for a new one of its name", () => {
    const store = createStore();
    store.put(object("a", 10));
    expect(store.bury(object("a", 10))).toBe(true);
    expect(store.put(object("a", 11))).toBe(false);
    expect(store.get("shop", "a")).toBeNull();
    expect(store.put(object("a", 12, { uid: "another" }))).toBe(true);
    expect(store.drop(object("a", 13))).toBe(false);
    expect(store.get("shop", "a")?.metadata.uid).toBe("another");
  });

  test("does not come back by the answer to a write that its end has overtaken", () => {
    const store = createStore();
    store.put(object("a", 10));
    expect(store.drop(object("a", 12))).toBe(true);
    expect(store.put(object("a", 11))).toBe(false);
    expect(store.list()).toEqual([]);
    store.put(object("b", 10));
    store.replace([], "12", null);
    expect(store.put(object("b", 11))).toBe(false);
    expect(store.put(object("b", 13, { uid: "another" }))).toBe(true);
  });

  test("is what a list says, but for what was written after it", () => {
    const store = createStore();
    for (const name of ["stays", "goes"]) store.put(object(name, 10));
    store.put(object("fresh", 21));
    const changed = store.replace([object("stays", 10), object("comes", 15)], "20", null);
    expect(changed.map(({ metadata }) => metadata.name)).toEqual(["goes", "comes"]);
    expect(store.list().map(({ metadata }) => metadata.name)).toEqual(["stays", "fresh", "comes"]);
  });

  test("leaves other namespaces alone when one was listed", () => {
    const store = createStore();
    store.put(object("a", 1, { namespace: "other" }));
    store.replace([], "5", "shop");
    expect(store.list()).toHaveLength(1);
  });

  test("is found by its labels", () => {
    const store = createStore();
    store.put(object("a", 1));
    store.put(object("b", 2, { labels: { "sluice.dev/deployment": "dep_2" } }));
    expect(store.list({ "sluice.dev/deployment": "dep_2" }).map(({ metadata }) => metadata.name)).toEqual(["b"]);
    store.put(object("b", 3, { labels: { "sluice.dev/deployment": "dep_1" } }));
    expect(store.list({ "sluice.dev/deployment": "dep_2" })).toEqual([]);
  });
});
