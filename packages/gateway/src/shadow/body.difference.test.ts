import { brotliCompressSync, gzipSync } from "node:zlib";
import { ignoredPlaces } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMPARED_BODY_BYTES, differenceAsJson, differenceInBytes, unpacked } from "./body.difference.ts";

const NOTHING = ignoredPlaces([]);

describe("the difference of two bodies", () => {
  test("never throws and shows at most eighty characters, whatever came", () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
    const body = fc.oneof(bytes, fc.json().map(Buffer.from));
    fc.assert(
      fc.property(body, body, (left, right) => {
        const inBytes = differenceInBytes(left, right);
        expect(inBytes === null).toBe(left.equals(right));
        for (const found of [inBytes, differenceAsJson(left, right, NOTHING)]) {
          expect((found ?? "").replace(/^byte \d+: | against |: /g, "").length).toBeLessThanOrEqual(80);
        }
      }),
    );
  });

  test("says when only one of them is JSON, and compares bytes when neither is", () => {
    expect(differenceAsJson(Buffer.from("{}"), Buffer.from("<a>"), NOTHING)).toBe("the body is JSON against no JSON");
    expect(differenceAsJson(Buffer.from("<b>"), Buffer.from("<a>"), NOTHING)).toBe('byte 1: "b>" against "a>"');
    expect(differenceInBytes(Buffer.from("ab"), Buffer.from("abc"))).toBe('byte 2: its end against "c"');
  });
});

describe("a packed body", () => {
  test("is unpacked, up to a limit; what is damaged or unknown is not", async () => {
    expect(await unpacked(gzipSync("a"), "GZIP")).toEqual(Buffer.from("a"));
    expect(await unpacked(brotliCompressSync("a"), "br")).toEqual(Buffer.from("a"));
    expect(await unpacked(Buffer.from("a"), "")).toEqual(Buffer.from("a"));
    expect(await unpacked(gzipSync(Buffer.alloc(COMPARED_BODY_BYTES + 1)), "gzip")).toBeNull();
    expect(await unpacked(Buffer.from("a"), "gzip")).toBeNull();
    expect(await unpacked(Buffer.from("a"), "zstd, gzip")).toBeNull();
    expect(await unpacked(Buffer.from("a"), "constructor")).toBeNull();
  });
});
