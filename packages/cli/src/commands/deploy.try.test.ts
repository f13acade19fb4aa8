import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { startApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

const ANSWER = {
  ...{
    status: 201,
    headers: [{ name: "content-type", value: "text/plain" }],
    body: "made\n\u001b[2J",
    encoding: "text",
  },
  ...{ truncated: false, revision: 2, instance: "i-1" },
};

async function tryWith(tried: object, ...argv: string[]) {
  const api = await startApi({ "POST /v1/deployments/greeter/try": { json: tried } });
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  const exitCode = await run(["deploy", "try", "greeter", ...argv], io).finally(() => api.close());
  return { exitCode, out: io.out(), err: io.err(), asked: api.asked };
}

test("a request is sent as it was asked for, and its answer printed without what could steer the terminal", async () => {
  const tried = { milliseconds: 3.5, answer: ANSWER, silent: null };
  const header = ["--header", "X-A: b:c"];
  const { exitCode, out, asked } = await tryWith(tried, "/orders", "--method", "POST", ...header, "--body", "{}");
  expect(asked.at(-1)?.body).toEqual({ method: "POST", path: "/orders", headers: { "X-A": "b:c" }, body: "{}" });
  expect(out).toContain("201 by revision 2, instance i-1 in 3.5 ms\ncontent-type: text/plain\n\nmade\n\ufffd[2J");
  expect(exitCode).toBe(EXIT.ok);
});

test("no answer is said, and is no success", async () => {
  const tried = { milliseconds: 10_000, answer: null, silent: "there was no whole answer within 10 s" };
  const { exitCode, out } = await tryWith(tried);
  expect(out).toContain("No answer: there was no whole answer within 10 s");
  expect(exitCode).toBe(EXIT.unexpected);
});

test("a header without a name is a mistake of the command line", async () => {
  expect(await tryWith({}, "--header", "nonsense")).toMatchObject({ exitCode: EXIT.usage, asked: [] });
});
