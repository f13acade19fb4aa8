import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { differences } from "./difference.ts";

describe("where an object differs from what was applied", () => {
  test("is nowhere when others have only added to it", () => {
    const applied = { containers: [{ name: "app", image: "a:1", env: [{ name: "A", value: "1" }] }] };
    const live = {
      containers: [
        { name: "mesh", image: "mesh:2" },
        { name: "app", image: "a:1", imagePullPolicy: "Always", env: [{ name: "A", value: "1" }] },
      ],
      dnsPolicy: "ClusterFirst",
    };
    expect(differences(applied, live)).toEqual([]);
  });

  test("is nowhere where the API leaves out what says nothing", () => {
    expect(differences({ seconds: 0, on: false, labels: {} }, {})).toEqual([]);
    expect(differences({ seconds: 1 }, {})).toEqual(["seconds is gone"]);
  });

  test("is told with what is there, and what was", () => {
    const applied = { spec: { replicas: 3, containers: [{ name: "app", image: "a:1" }], gone: 1 } };
    const live = { spec: { replicas: 5, containers: [{ name: "app", image: "evil:1" }] } };
    expect(differences(applied, live)).toEqual([
      "spec.replicas is 5, was 3",
      'spec.containers[app].image is "evil:1", was "a:1"',
      "spec.gone is gone",
    ]);
  });

  test("is nowhere between a value and itself, whatever it is, and somewhere once a field was changed", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1 }), (value) => {
        const copy: unknown = JSON.parse(JSON.stringify(value));
        expect(differences(JSON.parse(JSON.stringify(value)), copy)).toEqual([]);
        const [field = ""] = Object.keys(value);
        expect(differences({ [field]: "one" }, { [field]: "other" })).toHaveLength(1);
      }),
    );
  });
});
