import { expect, test } from "vitest";
import { failureOf } from "./failure.ts";

const withCode = (code: string): Error => Object.assign(new Error("test"), { code });

test.each([
  ["ECONNREFUSED", false, { status: 502, refused: true, callersFault: false, timedOut: false }],
  ["UND_ERR_CONNECT_TIMEOUT", false, { status: 502, refused: true, callersFault: false, timedOut: false }],
  ["ECONNRESET", true, { status: 502, refused: false, callersFault: false, timedOut: false }],
  ["UND_ERR_SOCKET", true, { status: 502, refused: false, callersFault: false, timedOut: false }],
  ["HPE_INVALID_CONSTANT", true, { status: 502, refused: false, callersFault: false, timedOut: false }],
  ["UND_ERR_HEADERS_TIMEOUT", true, { status: 504, refused: false, callersFault: false, timedOut: true }],
  ["UND_ERR_INVALID_ARG", false, { status: 400, refused: false, callersFault: true, timedOut: false }],
])("%s (sent: %s)", (code, sent, { status, ...expected }) => {
  expect(failureOf(withCode(code), sent)).toMatchObject({ ...expected, problem: { status } });
});

test("what is no error is a connection that broke", () => {
  expect(failureOf("what", true).problem.status).toBe(502);
});
