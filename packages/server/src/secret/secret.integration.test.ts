import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";
import { createSealer } from "./seal.ts";

let api: TestApp;
const VALUE = "correct horse battery staple";

beforeAll(async () => {
  api = await testApp();
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  for (const version of ["1", "2"]) {
    const spec = { command: ["node", "server.mjs"], env: { VERSION: version } };
    await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version, spec } });
  }
});

afterAll(() => api.close());

const write = (name: string, value: string) => api.ask("PUT", `/v1/secrets/${name}`, { body: { value } });

const deploy = (name: string, config: object) =>
  api.ask("POST", "/v1/deployments", {
    body: { name, artifact: "greeter", version: "1", environment: "development", config },
  });

test("a value goes in, is sealed on disk, and comes out nowhere", async () => {
  expect(await write("password", VALUE)).toMatchObject({
    status: 200,
    body: { name: "password", version: 1, users: [] },
  });
  const list = await api.ask("GET", "/v1/secrets");
  const one = await api.ask("GET", "/v1/secrets/password");
  const audit = await api.ask("GET", "/v1/audit");
  const { rows } = await api.database.pool.query("select * from secret_versions");
  for (const text of [list.text, one.text, audit.text, JSON.stringify(rows)]) {
    expect(text).toContain("password");
    expect(text).not.toContain(VALUE);
  }
});

test("a revision keeps the value it was made with, until an update names the secret again", async () => {
  await write("rotated", "first");
  const created = await deploy("rotates", { secrets: { TOKEN: "rotated" } });
  expect(created).toMatchObject({
    status: 202,
    body: { deployment: { config: { secrets: { TOKEN: { name: "rotated", version: 1 } } } } },
  });
  expect(await write("rotated", "second")).toMatchObject({ body: { version: 2, users: ["rotates in development"] } });
  const where = "/v1/deployments/rotates?environment=development";
  const other = await api.ask("PATCH", where, { body: { config: { env: { MODE: "x" } } } });
  expect(other.body).toMatchObject({ deployment: {}, rollout: { toRevision: 2 } });
  const revisions = await api.ask("GET", "/v1/deployments/rotates/revisions?environment=development");
  expect(revisions.text).toContain('"version":1');
  const named = await api.ask("PATCH", where, { body: { config: { secrets: { TOKEN: "rotated" } } } });
  expect(named).toMatchObject({ status: 202, body: { rollout: { toRevision: 3 } } });
  const third = await api.ask("GET", "/v1/deployments/rotates/revisions/3?environment=development");
  expect(third.body).toMatchObject({ config: { secrets: { TOKEN: { name: "rotated", version: 2 } } } });
  expect(await api.ask("DELETE", "/v1/secrets/rotated")).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining("rotates in development") },
  });
});

describe("what cannot be", () => {
  test.each([
    ["an unknown secret", { secrets: { TOKEN: "nobody" } }, 404, "config.secrets.TOKEN"],
    ["an unknown version", { secrets: { TOKEN: { name: "password", version: 9 } } }, 404, "config.secrets.TOKEN"],
    ["a variable set twice", { env: { TOKEN: "x" }, secrets: { TOKEN: "password" } }, 400, "config.secrets.TOKEN"],
    ["a variable that is ours", { secrets: { SLUICE_X: "password" } }, 400, "config.secrets.SLUICE_X"],
    ["a name that is none", { secrets: { TOKEN: "../x" } }, 400, "config.secrets.TOKEN"],
  ])("%s is refused by its field, and nothing is made", async (_what, config, status, field) => {
    const refused = await deploy("refused", config);
    expect(refused).toMatchObject({ status, body: { errors: [{ field }] } });
    expect((await api.ask("GET", "/v1/deployments/refused?environment=development")).status).toBe(404);
  });

  test.each([[{}], [{ value: "" }], [{ value: 3 }], [{ value: "x".repeat(65_537) }], [{ value: "x", more: 1 }]])(
    "the body %# is refused without repeating the value in the log of changes",
    async (body) => {
      expect((await api.ask("PUT", "/v1/secrets/odd", { body })).status).toBe(400);
      expect((await api.ask("GET", "/v1/secrets/odd")).status).toBe(404);
    },
  );

  test("who may only deploy may use secrets, and neither write nor read them; other projects see none", async () => {
    const guarded = await testApp({ auth: true, database: api.database, config: {} });
    const token = async (body: object) => {
      const { body: made } = await api.ask("POST", "/v1/tokens", { body });
      return { authorization: `Bearer ${(made as { token: string }).token}` };
    };
    const deployer = await token({ name: "ci", role: "deployer" });
    const viewer = await token({ name: "eyes", role: "viewer" });
    await api.ask("POST", "/v1/projects", { body: { name: "other" } });
    const stranger = await token({ name: "stranger", role: "admin", project: "other" });
    const put = { body: { value: "x" }, headers: deployer };
    expect((await guarded.ask("PUT", "/v1/secrets/password", put)).status).toBe(403);
    expect((await guarded.ask("GET", "/v1/secrets", { headers: deployer })).status).toBe(200);
    expect((await guarded.ask("GET", "/v1/secrets", { headers: viewer })).status).toBe(403);
    expect((await guarded.ask("GET", "/v1/secrets/password", { headers: stranger })).status).toBe(404);
    await guarded.app.close();
  });
});

describe("the seal", () => {
  const key = Buffer.alloc(32, 7);

  test("opens with its key, for what it was made for, and otherwise says so", () => {
    const sealed = createSealer(key).seal(VALUE, "secret a version 1 of project default");
    expect(createSealer(key).open(sealed, "secret a version 1 of project default")).toBe(VALUE);
    expect(() => createSealer(key).open(sealed, "secret b version 1 of project default")).toThrow(SluiceError);
    expect(() => createSealer(Buffer.alloc(32, 8)).open(sealed, "secret a version 1 of project default")).toThrow(
      "another key",
    );
    expect(() =>
      createSealer(key).open(`${sealed.slice(0, -4)}AAAA`, "secret a version 1 of project default"),
    ).toThrow();
    expect(createSealer(key).seal(VALUE, "x")).not.toBe(createSealer(key).seal(VALUE, "x"));
  });

  test("has a key of its own in the data folder, for its owner alone", async () => {
    const { dataDir } = api;
    const text = await readFile(join(dataDir, "secret-key"), "utf8");
    expect(Buffer.from(text.trim(), "base64")).toHaveLength(32);
  });
});
