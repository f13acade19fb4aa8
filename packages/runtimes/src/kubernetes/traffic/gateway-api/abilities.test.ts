import { expect, test } from "vitest";
import { abilitiesIn } from "./abilities.ts";

/** As the API server describes an HTTPRoute, but for everything that nobody looks for. */
const described = (rule: object, mirror: object): object => {
  const filters = { items: { properties: { requestMirror: { properties: { backendRef: {}, ...mirror } } } } };
  const rules = { items: { properties: { ...rule, filters } } };
  const route = { properties: { spec: { properties: { rules } } } };
  return { components: { schemas: { "io.k8s.networking.gateway.v1.HTTPRoute": route } } };
};

test.each([
  ["the experimental channel", { sessionPersistence: {} }, { fraction: {}, percent: {} }, true, true],
  ["the standard channel", {}, { fraction: {}, percent: {} }, false, true],
  ["an older one", {}, {}, false, false],
])("%s has what it describes, and nothing else", (_, rule, mirror, sessionPersistence, mirrorShare) => {
  expect(abilitiesIn(described(rule, mirror))).toEqual({ sessionPersistence, mirrorShare });
});

test.each([[null], [{}], [{ components: { schemas: {} } }]])(
  "of a description that is none, nothing is expected: %j",
  (document) => {
    expect(abilitiesIn(document)).toEqual({ sessionPersistence: false, mirrorShare: false });
  },
);
