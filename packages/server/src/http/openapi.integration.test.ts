import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  responses: Record<string, object>;
}

let api: TestApp;
let text: string;
let operations: [string, Operation][];

beforeAll(async () => {
  api = await testApp();
  ({ text } = await api.ask("GET", "/openapi.json"));
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, Operation>> };
  operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, Operation] => [`${method} ${path}`, operation]),
  );
});
afterAll(() => api.close());

test("the document is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const result = await validator.validate(JSON.parse(text));
  expect(result).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("every operation has an id of its own, a summary, a known tag and documented answers", () => {
  const { tags } = JSON.parse(text) as { tags: { name: string }[] };
  const known = new Set(tags.map((tag) => tag.name));
  const ids = operations.map(([, operation]) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [name, operation] of operations) {
    expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z]+$/);
    expect(operation.summary, name).toMatch(/^[A-Z].*[^.]$/);
    expect(
      operation.tags?.every((tag) => known.has(tag)),
      `${name}: ${operation.tags}`,
    ).toBe(true);
    const statuses = Object.keys(operation.responses);
    expect(
      statuses.some((status) => status.startsWith("2")),
      name,
    ).toBe(true);
    expect(statuses, name).toEqual(expect.arrayContaining(["400", "401", "403", "429", "500", "503"]));
    if (name.includes("{")) expect(statuses, name).toContain("404");
    if (!name.startsWith("get ")) expect(statuses, name).toContain("409");
  }
});

test("the readable docs are served whole, from here", async () => {
  const page = await api.ask("GET", "/docs/");
  expect(page).toMatchObject({ status: 200, headers: { "content-type": expect.stringContaining("text/html") } });
  expect(page.text).toContain("/openapi.json");
  expect(page.text).not.toMatch(/(src|href)="https?:/);
  expect(await api.ask("GET", "/docs/js/scalar.js")).toMatchObject({ status: 200 });
});
