import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application", labels: { team: "a=b" } } });
});
afterAll(() => api.close());

const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE: "good" } };
const post = (version: string, content: unknown) =>
  api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version, spec: content } });

test("a version is immutable: the same content is the same version, other content is refused with both digests", async () => {
  const created = await post("1.0.0", spec);
  expect(created).toMatchObject({ status: 201, body: { artifact: "greeter", version: "1.0.0", spec } });
  const again = await post("1.0.0", { env: spec.env, workdir: spec.workdir, command: spec.command });
  expect(again).toMatchObject({ status: 200, body: created.body });
  const other = await post("1.0.0", { ...spec, env: { MODE: "bad" } });
  expect(other).toMatchObject({ status: 409, body: { code: "already_exists" } });
  expect(other.text.match(/sha256:[0-9a-f]{64}/g)).toHaveLength(2);
  expect(await api.ask("GET", "/v1/artifacts/greeter/versions/1.0.0")).toMatchObject({ body: created.body });
});

test("of two versions created at once with different content one wins", async () => {
  const answers = await Promise.all(["a", "b", "c", "d"].map((mode) => post("race", { ...spec, env: { MODE: mode } })));
  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
});

test("a diff names what changed between two versions", async () => {
  await post("2.0.0", { ...spec, env: { MODE: "slow", DELAY: "1" } });
  const { body } = await api.ask("GET", "/v1/artifacts/greeter/versions/1.0.0/diff/2.0.0");
  expect(body).toEqual({
    from: "1.0.0",
    to: "2.0.0",
    changes: [
      { path: "/env/MODE", change: "changed", from: "good", to: "slow" },
      { path: "/env/DELAY", change: "added", to: "1" },
    ],
  });
});

test("lists page by page, every item once", async () => {
  for (const version of ["p1", "p2", "p3"]) await post(version, spec);
  const seen: string[] = [];
  for (let cursor = ""; ; ) {
    const { body } = await api.ask("GET", `/v1/artifacts/greeter/versions?limit=2${cursor}`);
    const page = body as { items: { version: string }[]; nextCursor: string | null };
    seen.push(...page.items.map((item) => item.version));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${page.nextCursor}`;
  }
  const { body } = await api.ask("GET", "/v1/artifacts/greeter/versions?limit=200");
  expect(seen).toEqual((body as { items: { version: string }[] }).items.map((item) => item.version));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen[0]).toBe("p3");
});

test("artifacts are found by kind and label", async () => {
  await api.ask("POST", "/v1/artifacts", { body: { name: "tone", kind: "prompt", labels: { team: "b" } } });
  expect(await api.ask("GET", "/v1/artifacts?label=team%3Da%3Db")).toMatchObject({
    body: { items: [{ name: "greeter" }] },
  });
  expect(await api.ask("GET", "/v1/artifacts?kind=prompt")).toMatchObject({ body: { items: [{ name: "tone" }] } });
  expect(await api.ask("GET", "/v1/artifacts?label=team%3Da%3Db&label=tier%3D1")).toMatchObject({
    body: { items: [] },
  });
  expect(await api.ask("GET", "/v1/artifacts?label=team")).toMatchObject({ status: 400 });
});

test.each([
  [{ command: ["node"], workdir: "../elsewhere" }, "spec.workdir"],
  [{ command: ["node"], env: { PORT: "1" } }, "spec.env.PORT"],
  [{ workdir: "here" }, "spec.command"],
  [{ command: ["node"], entrypoint: "x" }, "spec.entrypoint"],
  [{ command: ["nul\0"] }, "spec.command[0]"],
])("%j is no spec of an application, and the answer names the field", async (content, field) => {
  expect(await post("bad", content)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
});

test("what does not exist is not found by its name", async () => {
  expect(await api.ask("GET", "/v1/artifacts/nobody")).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining("nobody") },
  });
  expect(await api.ask("GET", "/v1/artifacts/greeter/versions/9")).toMatchObject({ status: 404 });
  expect(await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "agent" } })).toMatchObject({
    status: 409,
  });
  expect(await api.ask("GET", "/v1/artifacts?project=nowhere")).toMatchObject({ status: 200, body: { items: [] } });
  expect(
    await api.ask("POST", "/v1/artifacts?x=1", { body: { name: "a", kind: "agent", project: "nowhere" } }),
  ).toMatchObject({ status: 404 });
});
