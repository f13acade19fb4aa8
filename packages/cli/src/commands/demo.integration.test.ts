import { afterEach, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

let api: TestApi | null = null;
afterEach(() => api?.close());

async function sluice(answers: Answers, argv: string[]) {
  api = await startApi(answers);
  const io = testIo({ environment: { SLUICE_URL: api.url, SLUICE_PROJECT: "shop" } });
  return { exitCode: await run(argv, io), out: io.out(), err: io.err(), asked: api.asked, url: api.url };
}

const NONE = { refused: null, demo: null };
const BEGUN = {
  refused: null,
  demo: {
    deployment: "dep_1",
    removing: false,
    rollout: "rol_2",
    rollouts: [
      { id: "rol_1", version: "1.0.0", phase: "completed" },
      { id: "rol_2", version: "1.1.0", phase: "shifting" },
    ],
    callersUntil: "2026-11-21T10:10:00.000Z",
  },
};

test("a demo begins in the project that is meant, and says where to watch it and how to be rid of it", async () => {
  const answers = { "POST /v1/demo": { status: 202, json: BEGUN } };
  const { exitCode, out, err, asked, url } = await sluice(answers, ["demo", "start"]);
  expect(exitCode).toBe(EXIT.ok);
  expect(asked.map(({ path }) => path)).toEqual(["/v1/demo?project=shop"]);
  expect(out).toMatch(/^VERSION +PHASE +ROLLOUT\n1\.0\.0 +completed +rol_1\n1\.1\.0 +shifting +rol_2\n$/);
  expect(err).toContain(`${url}/rollouts/rol_2`);
  expect(err).toContain("sluice rollout watch rol_2");
  expect(err).toContain("sluice demo stop");
});

test("for machines the whole answer is printed", async () => {
  const { out } = await sluice({ "POST /v1/demo": { status: 202, json: BEGUN } }, ["demo", "start", "-o", "json"]);
  expect(JSON.parse(out)).toEqual(BEGUN);
});

test("where none can run, the server's reason is the failure", async () => {
  const detail = "this server runs no processes, and the demo is one";
  const refused = { status: 409, json: { status: 409, code: "failed_precondition", detail } };
  const { exitCode, err } = await sluice({ "POST /v1/demo": refused }, ["demo", "start"]);
  expect(exitCode).not.toBe(EXIT.ok);
  expect(err).toContain(detail);
});

test.each([
  [NONE, "there is no demo\n", "sluice demo start"],
  [{ ...NONE, refused: "no place for it" }, "there is no demo, and none can begin: no place for it\n", ""],
  [{ ...BEGUN, demo: { ...BEGUN.demo, removing: true } }, "the demo is being taken away\n", ""],
])("the state is told: %#", async (json, told, next) => {
  const { exitCode, out, err } = await sluice({ "GET /v1/demo": { json } }, ["demo", "status"]);
  expect([exitCode, out]).toEqual([EXIT.ok, told]);
  expect(err).toContain(next);
  expect(err).not.toContain("rollout watch");
});

test("a demo that nobody calls any more says so: nothing moves in it", async () => {
  const json = { ...BEGUN, demo: { ...BEGUN.demo, callersUntil: null } };
  const { out } = await sluice({ "GET /v1/demo": { json } }, ["demo", "status"]);
  expect(out).toContain("nobody calls it now");
});

test("it is taken away on demand, in its project", async () => {
  const { exitCode, err, asked } = await sluice({ "DELETE /v1/demo": { status: 204 } }, ["demo", "stop"]);
  expect([exitCode, asked.map(({ method, path }) => `${method} ${path}`)]).toEqual([
    EXIT.ok,
    ["DELETE /v1/demo?project=shop"],
  ]);
  expect(err).toContain("taken away");
});
