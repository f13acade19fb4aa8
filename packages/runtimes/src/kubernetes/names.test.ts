import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deploymentName, labelValue, objectName } from "./names.ts";

const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$/;
const named = fc.record({ name: fc.string({ maxLength: 300 }), deployment: fc.string({ minLength: 1 }) });

describe("names of objects", () => {
  test("tell what they belong to, and are the same for ever", () => {
    expect(objectName({ name: "greeter", deployment: "dep_1" }, 2)).toBe("greeter-g5jt2-r2");
    expect(deploymentName({ name: "greeter", deployment: "dep_1" })).toBe("greeter-g5jt2-sluice");
  });

  test("are DNS labels that leave room for the names of pods, whatever the deployment is called", () => {
    fc.assert(
      fc.property(named, fc.nat({ max: 1_000_000 }), (deployment, revision) => {
        const name = objectName(deployment, revision);
        expect(name).toMatch(DNS_LABEL);
        expect(name.length).toBeLessThanOrEqual(46);
      }),
    );
  });

  test("differ for two deployments of one name, as in two environments", () => {
    expect(objectName({ name: "greeter", deployment: "dep_1" }, 1)).not.toBe(
      objectName({ name: "greeter", deployment: "dep_2" }, 1),
    );
  });
});

describe("values of labels", () => {
  test("are allowed, whatever the text was", () => {
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (text) => void expect(labelValue(text)).toMatch(LABEL_VALUE)));
  });

  test("keep ids and versions as they are", () => {
    expect(labelValue("dep_01JABC")).toBe("dep_01JABC");
    expect(labelValue("1.4.0+build.7")).toBe("1.4.0_build.7");
  });

  test("stay apart when they are cut", () => {
    const long = "x".repeat(80);
    expect(labelValue(`${long}a`)).not.toBe(labelValue(`${long}b`));
  });
});
