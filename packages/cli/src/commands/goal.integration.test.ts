import { afterEach, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

let api: TestApi | null = null;
afterEach(() => api?.close());

async function sluice(answers: Answers, argv: string[]) {
  api = await startApi(answers);
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  return { exitCode: await run(argv, io), out: io.out(), asked: api.asked };
}

test("a goal is sent with what the flags say, and the answer is told", async () => {
  const answers = {
    "POST /v1/deployments/shop/goals": { json: { recorded: 1, duplicates: 0, ignored: 0 }, status: 202 },
  };
  const argv = ["goal", "send", "shop", "signup", "--revision", "2", "--key", "order-4711"];
  const { exitCode, out, asked } = await sluice(answers, argv);
  expect([exitCode, out]).toEqual([EXIT.ok, "counted for signup\n"]);
  expect(asked[0]?.body).toEqual({ goal: "signup", revision: 2, key: "order-4711" });
});

test("an event that was counted before is told to be so", async () => {
  const answers = {
    "POST /v1/deployments/shop/goals": { json: { recorded: 0, duplicates: 1, ignored: 0 }, status: 202 },
  };
  expect((await sluice(answers, ["goal", "send", "shop", "signup", "--version", "1.1.0"])).out).toBe(
    "it was counted before\n",
  );
});

test("goals are listed by revision", async () => {
  const item = { goal: "signup", revision: 2, version: "1.1.0", count: 5 };
  const { out } = await sluice({ "GET /v1/deployments/shop/goals": { json: { items: [item] } } }, [
    "goal",
    "list",
    "shop",
  ]);
  expect(out).toMatch(/^GOAL +REVISION +VERSION +COUNT\nsignup +2 +1\.1\.0 +5\n$/);
});
