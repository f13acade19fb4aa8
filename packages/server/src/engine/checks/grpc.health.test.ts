import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeResponse, encodeRequest } from "./grpc.health.ts";

test("a service is written as field 1, its length in front; nothing is written for the server as a whole", () => {
  expect(encodeRequest("")).toHaveLength(0);
  expect([...encodeRequest("ab")]).toEqual([0x0a, 2, 0x61, 0x62]);
  expect([...encodeRequest("s".repeat(300)).subarray(0, 3)]).toEqual([0x0a, 0b1010_1100, 0b10]);
});

test("an answer is read by its field 1; none means UNKNOWN", () => {
  expect(decodeResponse(Buffer.of(0x08, 1))).toBe("SERVING");
  expect(decodeResponse(Buffer.of(0x08, 2))).toBe("NOT_SERVING");
  expect(decodeResponse(Buffer.of())).toBe("UNKNOWN");
});

test("whatever a server sends is one of four statuses", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]).toContain(decodeResponse(Buffer.from(bytes)));
    }),
  );
});
