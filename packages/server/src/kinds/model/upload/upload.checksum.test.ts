import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { readChecksum } from "./upload.checksum.ts";

test.each(["sha1", "sha256", "sha512"] as const)("%s is read with its digest", (algorithm) => {
  const digest = createHash(algorithm).update("piece").digest();
  expect(readChecksum(`${algorithm} ${digest.toString("base64")}`)).toEqual({ algorithm, digest });
});

test("a piece without one is kept as it comes", () => {
  expect(readChecksum(undefined)).toBeNull();
});

test.each(["", "crc32 AAAA", "SHA1 AAAA"])("%j is refused, and told what is known", (header) => {
  expect(() => readChecksum(header)).toThrow(
    expect.objectContaining({ code: "invalid_argument", message: expect.stringContaining("sha1, sha256, sha512") }),
  );
});
