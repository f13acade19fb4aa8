import { COMMANDS } from "@sluice/core";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
let routes: Route[];

interface Route {
  method: "POST" | "PUT" | "PATCH";
  url: string;
  /** A body that the document gives as an example; bodies near to valid ones reach further than random ones. */
  example: unknown;
}

/** What exists, for each placeholder of a path; half of the time something else is asked for. */
const places: Record<string, readonly string[]> = { name: ["greeter", "production"], command: COMMANDS };
const ODD_PLACES = ["x%00y", "%ff", "..", "nobody", "%F0%9F%8E%89"];

const filled = (url: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(), fc.nat()).map(([odd, at]) =>
    url.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
      const known = (odd % 4 === 0 ? ODD_PLACES : places[name]) ?? ODD_PLACES;
      return known[at % known.length] ?? name;
    }),
  );

const GREETER = { name: "greeter", artifact: "greeter", version: "1.0.0", environment: "production" };

interface Operation {
  requestBody?: { content: { "application/json": { example?: unknown; schema: { $ref?: string } } } };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown[] }> };
}

beforeAll(async () => {
  api = await testApp();
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  const version = { version: "1.0.0", spec: { command: ["node", "server.mjs"] } };
  await api.ask("POST", "/v1/artifacts/greeter/versions", { body: version });
  const { body } = await api.ask("POST", "/v1/deployments", { body: GREETER });
  places.id = ["greeter", (body as { rollout: { id: string } }).rollout.id];
  const document: Document = JSON.parse((await api.ask("GET", "/openapi.json")).text);
  routes = Object.entries(document.paths).flatMap(([url, operations]) =>
    (["POST", "PUT", "PATCH"] as const).flatMap((method) => {
      const operation = operations[method.toLowerCase()];
      return operation === undefined ? [] : [{ method, url, example: exampleOf(operation, document) }];
    }),
  );
});
afterAll(() => api.close());

function exampleOf({ requestBody }: Operation, { components }: Document): unknown {
  const content = requestBody?.content["application/json"];
  const named = components.schemas[content?.schema.$ref?.split("/").at(-1) ?? ""];
  return content?.example ?? named?.examples?.[0] ?? GREETER;
}

/** JSON with the characters and names that hurt parsers and databases. */
const nasty = fc.oneof(
  fc.constantFrom("\0", "\ud800", "__proto__", "constructor", "", "a".repeat(5_000), "'; drop table projects; --"),
  fc.string({ unit: "binary" }),
  fc.constantFrom(1e308, -1, 0, 1, 0.1, 2 ** 53, Number.MIN_VALUE),
  fc.constantFrom<unknown>(null, true, [], {}),
  fc.constantFrom("greeter", "a-b", "é漢🎉", "1"),
);

/** The example with one value, somewhere in it, replaced. */
const mutated = (example: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.nat(), nasty).map(([at, value]) => {
    const paths = pathsOf(example);
    const path = paths[at % paths.length] ?? [];
    return replaced(example, path, value);
  });

function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner).map((rest) => [key, ...rest]))];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((inner, at) => (String(at) === key ? replaced(inner, rest, by) : inner));
  if (typeof value !== "object" || value === null) return by;
  return { ...value, [key]: replaced(Reflect.get(value, key), rest, by) };
}

test("no body, however odd, gets past the answers that are documented", async () => {
  expect(routes.length).toBeGreaterThan(3);
  let accepted = 0;
  for (const { method, url, example } of routes) {
    const body = fc.oneof({ weight: 3, arbitrary: mutated(example) }, fc.jsonValue({ depthSize: "medium" }), nasty);
    await fc.assert(
      fc.asyncProperty(filled(url), body, async (path, content) => {
        const answer = await api.ask(method, path, { body: content });
        expect(answer.status, `${method} ${path} ${JSON.stringify(content)}: ${answer.text}`).toBeLessThan(500);
        if (answer.status < 300) accepted += 1;
      }),
      { numRuns: 60 },
    );
  }
  // Bodies that are all refused at the door would say nothing about what lies behind it.
  expect(accepted).toBeGreaterThan(5);
});

test("no query, however odd, is answered by a 500", async () => {
  const document: Document = JSON.parse((await api.ask("GET", "/openapi.json")).text);
  const paths = Object.keys(document.paths).filter((path) => document.paths[path]?.get !== undefined);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.constantFrom("project", "limit", "cursor", "label", "kind", "subject", "phase", "environment", "deployment"),
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\0", "-1", "1e9", "../..", "AAAA")),
      async (path, key, value) => {
        const url = `${path.replaceAll(/\{\w+\}/g, "x")}?${new URLSearchParams({ [key]: value })}`;
        const answer = await api.ask("GET", url, { headers: { accept: "application/json" } });
        expect(answer.status, `GET ${url}: ${answer.text}`).toBeLessThan(500);
      },
    ),
    { numRuns: 300 },
  );
});
