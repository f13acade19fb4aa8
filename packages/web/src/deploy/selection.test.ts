import { expect, test } from "vitest";
import { changeable, chosenNext, freeName, freePath, missingOf, selectionOf, targetIn } from "./selection.ts";

const rollout = { artifact: "greeter", toVersion: "1.1.0" };
const deployment = { artifact: "greeter", environment: "staging" };
const place = (id: string, name: string, environment = "production", partOf: string | null = null) => ({
  id,
  name,
  environment,
  partOf,
});

test("a rollout says what, and leaves open where to", () => {
  expect(selectionOf({ search: { from: "rol_1" }, rollout, deployment: undefined })).toEqual({
    artifact: "greeter",
    version: "1.1.0",
    environment: undefined,
  });
});

test("what the address says wins over what it points at", () => {
  const search = { artifact: "other", version: "2", environment: "production", deployment: "dep_1" };
  expect(selectionOf({ search, rollout, deployment })).toEqual({
    artifact: "other",
    version: "2",
    environment: "production",
  });
  expect(selectionOf({ search: { template: "process-topk-v1" }, rollout: undefined, deployment: undefined })).toEqual({
    artifact: "process-topk-v1",
    version: undefined,
    environment: undefined,
  });
});

test("what the address names and nobody knows is said", () => {
  const said = { artifact: "greeter", version: undefined, environment: "mars" };
  expect(missingOf(said, { artifact: {}, environment: undefined })).toBe("This project has no environment mars");
  expect(missingOf(said, { artifact: undefined, environment: {} })).toBe("This project has no artifact greeter");
  expect(missingOf({ ...said, environment: undefined }, { artifact: {}, environment: undefined })).toBeNull();
});

test("a choice keeps what still holds, and says what was only pointed at", () => {
  const search = { from: "rol_1", deployment: "dep_1" };
  const selection = { artifact: "greeter", version: "1.1.0", environment: "staging" };
  expect(chosenNext(search, selection, { environment: "production" })).toEqual({
    from: "rol_1",
    artifact: "greeter",
    version: "1.1.0",
    environment: "production",
  });
  expect(chosenNext(search, selection, { version: "1.2.0" })).toEqual({ ...search, ...selection, version: "1.2.0" });
  expect(chosenNext(search, selection, { artifact: "search" })).toEqual({ artifact: "search", environment: "staging" });
});

test("what runs there already is changed, unless a new one is wanted; parts of a whole are not offered", () => {
  const places = [place("dep_1", "greeter"), place("dep_2", "canteen"), place("dep_3", "greeter", "staging")];
  const choices = changeable([...places, place("dep_4", "greeter-eu", "production", "dep_1")], "production");
  expect(choices.map(({ id }) => id)).toEqual(["dep_1", "dep_2"]);
  expect(targetIn(choices, undefined)?.id).toBe("dep_1");
  expect(targetIn(choices, "dep_2")?.id).toBe("dep_2");
  expect(targetIn(choices, "new")).toBeNull();
  expect(targetIn([], undefined)).toBeNull();
  expect([freeName("greeter", choices), freeName("search", choices)]).toEqual(["", "search"]);
});

test("a path that the artifact has elsewhere is not offered again", () => {
  const at = (path: string) => ({
    route: {
      path,
      stripPrefix: true,
      stickiness: { by: "none" as const },
      timeouts: { connectMs: 1, responseMs: 1, idleMs: 1 },
    },
  });
  expect(freePath("greeter", "staging", [{ route: null }])).toBe("/greeter");
  expect(freePath("greeter", "staging", [at("/greeter")])).toBe("/staging/greeter");
  expect(freePath("greeter", "staging", [at("/greeter"), at("/staging/greeter")])).toBe("");
});
