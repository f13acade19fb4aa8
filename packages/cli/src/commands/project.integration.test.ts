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
  return { exitCode: await run(argv, io), out: io.out(), err: io.err(), asked: api.asked };
}

const createdAt = "2026-11-21T10:00:00.000Z";

test("a project is made by its name", async () => {
  const answers = { "POST /v1/projects": { json: { name: "search", createdAt }, status: 201 } };
  const { exitCode, out, asked } = await sluice(answers, ["project", "create", "search"]);
  expect([exitCode, out]).toEqual([
    EXIT.ok,
    "project search has the environments development, staging and production\n",
  ]);
  expect(asked[0]?.body).toEqual({ name: "search" });
});

test("a name that is taken is refused in the server's words", async () => {
  const detail = "project search exists already";
  const answers = { "POST /v1/projects": { json: { status: 409, code: "conflict", detail }, status: 409 } };
  const { exitCode, err } = await sluice(answers, ["project", "create", "search"]);
  expect(exitCode).not.toBe(EXIT.ok);
  expect(err).toContain(detail);
});

test("projects are listed by name", async () => {
  const answers = { "GET /v1/projects": { json: { items: [{ name: "search", createdAt }], nextCursor: null } } };
  expect((await sluice(answers, ["project", "list"])).out).toMatch(/^NAME +CREATED\nsearch +.+ ago\n$/);
});
