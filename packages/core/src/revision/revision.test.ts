import { expect, test } from "vitest";
import { configSchema } from "../deployment/config.schema.ts";
import { revisionDigest } from "./revision.ts";

const content = { version: "1.0.0", versionDigest: "sha256:aa", config: configSchema.parse({}) };

test("a revision is told apart by its version and by every setting", () => {
  const digests = [
    content,
    { ...content, version: "1.0.1" },
    { ...content, versionDigest: "sha256:bb" },
    { ...content, config: configSchema.parse({ env: { MODE: "slow" } }) },
    { ...content, config: configSchema.parse({ stopSeconds: 5 }) },
  ].map(revisionDigest);
  expect(new Set(digests).size).toBe(digests.length);
});

// edge case 14
test("how many replicas run is no part of a revision", () => {
  expect(revisionDigest({ ...content, config: configSchema.parse({ replicas: 7 }) })).toBe(revisionDigest(content));
});
