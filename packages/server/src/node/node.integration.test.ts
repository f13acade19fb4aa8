import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;

beforeAll(async () => {
  api = await testApp({ config: { nodeLabels: { environment: "production" } } });
});
afterAll(() => api.close());

const names = async () => {
  const { body } = await api.ask("GET", "/v1/nodes");
  return (body as { items: { name: string }[] }).items.map(({ name }) => name);
};

test("a node is registered, labelled, read and removed, and each change is audited", async () => {
  expect(await names()).toEqual(["local"]);
  const made = await api.ask("POST", "/v1/nodes", { body: { name: "web-1", labels: { tier: "web" } } });
  expect(made).toMatchObject({ status: 201, body: { name: "web-1", labels: { tier: "web" }, local: false } });
  expect((await api.ask("POST", "/v1/nodes", { body: { name: "web-1" } })).status).toBe(409);
  const labelled = await api.ask("PUT", "/v1/nodes/web-1", { body: { labels: { tier: "edge" } } });
  expect(labelled).toMatchObject({ status: 200, body: { labels: { tier: "edge" } } });
  expect((await api.ask("GET", "/v1/nodes/web-1")).body).toMatchObject({
    labels: { tier: "edge" },
    createdBy: "local",
  });
  expect(await names()).toEqual(["local", "web-1"]);
  expect((await api.ask("DELETE", "/v1/nodes/web-1")).status).toBe(204);
  expect(await names()).toEqual(["local"]);
  const { body } = await api.ask("GET", "/v1/audit?subject=web-1");
  const { items } = body as { items: { action: string }[] };
  expect(items.map(({ action }) => action)).toEqual(["node.delete", "node.label", "node.create"]);
});

test("the machine of the server is a node with the labels of its configuration", async () => {
  const { body } = await api.ask("GET", "/v1/nodes/local");
  expect(body).toMatchObject({ local: true, createdAt: null, labels: { environment: "production" } });
});
