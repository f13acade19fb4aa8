import { expect, test } from "vitest";
import { describeExit, exitReason, saysPortTaken } from "./exit-reason.ts";

test("an exit is told by its status or its signal", () => {
  expect(describeExit(3, null)).toBe("exited with status 3");
  expect(describeExit(null, "SIGSEGV")).toBe("was killed by SIGSEGV");
});

test("the line that names the error is chosen over the stack behind it", () => {
  const lines = ["warming up", "TypeError: no config", "    at main (app.js:1:1)", "Node.js v24.21.0"];
  expect(exitReason("exited with status 1", lines, { env: {} })).toBe(
    "exited with status 1; last said: TypeError: no config",
  );
});

test("without an error line the last three lines are told", () => {
  expect(exitReason("exited with status 1", ["a", "b", "c", "d"], { env: {} })).toBe(
    "exited with status 1; last said: b | c | d",
  );
});

test("the value of a variable that looks secret is blotted out, others are not", () => {
  const env = { API_KEY: "hunter2", GREETING: "hello" };
  expect(exitReason("x", ["hello hunter2"], { env })).toBe("x; last said: hello •••");
});

test("the value of a secret is blotted out whatever its variable is called", () => {
  const secrets = { GREETING: "hunter2" };
  expect(exitReason("x", ["hello hunter2"], { env: {}, secrets })).toBe("x; last said: hello •••");
});

test("a taken port is recognised in the words of Node, Python and Go", () => {
  expect(saysPortTaken(["Error: listen EADDRINUSE: address already in use :::80"])).toBe(true);
  expect(saysPortTaken(["OSError: [Errno 98] Address already in use"])).toBe(true);
  expect(saysPortTaken(["listen tcp :80: bind: address already in use"])).toBe(true);
  expect(saysPortTaken(["Error: no such file"])).toBe(false);
});
