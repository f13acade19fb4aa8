import { afterAll, beforeAll, expect, test } from "vitest";
import { type Stage, stage } from "../trigger/testing/stage.ts";

let app: Stage;
beforeAll(async () => {
  app = await stage();
  for (const version of ["1.10.0", "1.2.0", "2.0.0-rc.1", "nightly", "v1.9.0"]) {
    const body = { version, spec: { image: `greeter:${version}` } };
    await app.ask("POST", "/v1/artifacts/greeter/versions", { body, headers: app.admin });
  }
  for (const [name, version] of [
    ["second", "1.2.0"],
    ["third", "1.10.0"],
  ]) {
    const body = { name, artifact: "greeter", version, environment: "production" };
    await app.ask("POST", "/v1/deployments", { body, headers: app.admin });
  }
});
afterAll(() => app?.close());

interface Page {
  items: { version: string; environment: string; name: string }[];
  nextCursor: string | null;
}

/** Every page of a list, as its reader goes through it. */
async function pages(url: string, headers = app.admin): Promise<Page["items"][]> {
  const found: Page["items"][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const next: string = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await app.ask("GET", `${url}${next}`, { headers });
    expect(answer.status, answer.text).toBe(200);
    const { items, nextCursor } = answer.body as Page;
    found.push(items);
    cursor = nextCursor;
  }
  return found;
}

test("versions come highest first by Semantic Versioning, page by page, and those that are not semantic last", async () => {
  const found = await pages("/v1/artifacts/greeter/versions?sort=semver&limit=2");
  expect(found.map((items) => items.map(({ version }) => version))).toEqual([
    ["2.0.0-rc.1", "1.10.0"],
    ["v1.9.0", "1.2.0"],
    ["1.0.0", "nightly"],
  ]);
  const wrong = await app.ask("GET", "/v1/artifacts/greeter/versions?sort=size", { headers: app.admin });
  expect(wrong).toMatchObject({ status: 400, body: { errors: [{ field: "query.sort" }] } });
});

test("deliveries are told across environments, newest first, page by page, and by environment and version", async () => {
  const url = "/v1/artifacts/greeter/deliveries";
  const named = (found: Page["items"][]) => found.flat().map(({ version, environment }) => `${version} ${environment}`);
  const all = await pages(`${url}?limit=1`);
  expect(all.map((items) => items.length)).toEqual([1, 1, 1]);
  expect(named(all)).toEqual(["1.10.0 production", "1.2.0 production", "1.0.0 staging"]);
  expect(named(await pages(`${url}?environment=production&limit=1`))).toEqual([
    "1.10.0 production",
    "1.2.0 production",
  ]);
  expect(named(await pages(`${url}?version=1.2.0`))).toEqual(["1.2.0 production"]);
  // What has not been promoted has not served.
  expect(all[0]).toMatchObject([{ servedFrom: null, servedUntil: null, fromVersion: null, revision: 1 }]);
});

test("a token of one environment learns what went there, and another project nothing", async () => {
  const url = "/v1/artifacts/greeter/deliveries";
  const staging = await app.token({ name: "ann", role: "viewer", environment: "staging" });
  expect((await pages(`${url}?limit=200`, staging)).flat().map(({ environment }) => environment)).toEqual(["staging"]);
  expect((await app.ask("GET", `${url}?environment=production`, { headers: staging })).status).toBe(403);
  const platform = { name: "setup", role: "admin" as const, project: null, environment: null };
  await app.services.projects.create(platform, { name: "other" });
  const other = await app.token({ name: "mallory", role: "admin", project: "other" });
  expect((await app.ask("GET", url, { headers: other })).status).toBe(404);
  for (const query of ["limit=0", "limit=201", "cursor=nonsense!", "environment=Not+One", "extra=1"]) {
    expect((await app.ask("GET", `${url}?${query}`, { headers: app.admin })).status, query).toBe(400);
  }
});
