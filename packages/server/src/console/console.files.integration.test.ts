import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fastify from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { App } from "../http/app.types.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { CONSOLE_DIR, consoleFiles } from "./console.files.ts";
import { type Exchanged, exchange } from "./testing/exchange.ts";

let api: TestApp;
let address: string;
let assets: string[];

beforeAll(async () => {
  api = await testApp({ auth: true });
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
  const page = await open("/");
  assets = [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].flatMap(([, path]) => path ?? []);
});
afterAll(() => api.close());

/** As a browser that opens an address. */
const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-mode": "navigate" };
const open = (path: string, headers: Record<string, string> = {}): Promise<Exchanged> =>
  exchange(address, "GET", path, { headers: { ...BROWSER, ...headers } });

test("a browser gets the page at every address of the console, before anybody has signed in", async () => {
  for (const path of [
    "/",
    "/rollouts/rol_1",
    "/deployments",
    "/deployments?project=x",
    "/settings",
    "/nowhere/at/all",
  ]) {
    const { status, headers, text } = await open(path);
    expect([path, status, headers["content-type"]]).toEqual([path, 200, "text/html; charset=utf-8"]);
    expect(text).toContain('<div id="root">');
    expect(headers["cache-control"]).toBe("no-store");
  }
});

test("the page runs and shows nothing but what this server sends", async () => {
  const [first, second] = [await open("/"), await open("/")];
  const nonceOf = ({ headers }: Exchanged): string =>
    /'nonce-([^']+)'/.exec(String(headers["content-security-policy"]))?.[1] ?? "";
  expect(nonceOf(first)).toMatch(/^[A-Za-z0-9+/]{22}==$/);
  expect(nonceOf(first)).not.toBe(nonceOf(second));
  expect(first.text).toContain(`nonce="${nonceOf(first)}"`);
  expect(first.text).not.toContain("SLUICE_CSP_NONCE");
  expect(String(first.headers["content-security-policy"]).split("; ")).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonceOf(first)}'`,
    ...["img-src 'self'", "font-src 'self'", "connect-src 'self'", "manifest-src 'self'"],
    ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ]);
  expect(first.headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
  });
  // No address of another host, no script of its own inside.
  expect(first.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(first.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
  expect(first.text).not.toContain("<style");
});

test("a program that asks for data gets data at the addresses that a browser navigates to", async () => {
  const curl = await exchange(address, "GET", "/deployments", { headers: { accept: "*/*" } });
  const script = await exchange(address, "GET", "/deployments", {
    headers: { accept: "text/html,*/*", "sec-fetch-mode": "cors" },
  });
  for (const answer of [curl, script]) {
    expect([answer.status, answer.headers["content-type"]]).toEqual([401, "application/problem+json"]);
  }
});

test.each(["/v1/artifacts", "/v1/nowhere", "/api/v1/models", "/metrics", "/openapi.json"])(
  "a browser that opens %s gets the data that is there, and no page",
  async (path) => {
    const { headers, text } = await open(path);
    expect(headers["content-type"]).not.toContain("text/html");
    expect(text).not.toContain('<div id="root">');
  },
);

test("assets are kept for ever, compressed as the browser likes, and without anybody's session", async () => {
  expect(assets.length).toBeGreaterThanOrEqual(2);
  for (const path of assets) {
    const plain = await exchange(address, "GET", path);
    expect([path, plain.status, plain.headers["cache-control"]]).toEqual([
      path,
      200,
      "public, max-age=31536000, immutable",
    ]);
    expect(plain.headers["content-type"]).toMatch(
      path.endsWith(".js") ? /^(text|application)\/javascript/ : /^text\/css/,
    );
    expect(plain.headers["x-content-type-options"]).toBe("nosniff");
    const small = await exchange(address, "GET", path, { headers: { "accept-encoding": "gzip, deflate, br" } });
    expect(small.headers["content-encoding"]).toBe("br");
    expect(Number(small.headers["content-length"])).toBeLessThan(Number(plain.headers["content-length"]));
    expect(small.headers["content-type"]).toBe(plain.headers["content-type"]);
  }
});

test("what has no name of its own is asked for anew", async () => {
  const { status, headers } = await exchange(address, "GET", "/theme.js");
  expect([status, headers["cache-control"]]).toEqual([200, "no-cache"]);
});

test("HEAD says what GET would send", async () => {
  for (const [path, headers] of [
    [assets[0] ?? "", {}],
    ["/rollouts/rol_1", BROWSER],
  ] as const) {
    const [head, get] = [
      await exchange(address, "HEAD", path, { headers }),
      await exchange(address, "GET", path, { headers }),
    ];
    expect([path, head.status, head.text]).toEqual([path, 200, ""]);
    for (const name of ["content-length", "content-type", "cache-control"])
      expect(head.headers[name]).toBe(get.headers[name]);
  }
});

test.each([
  ...[
    "/..%2f..%2f..%2fpackage.json",
    "/assets/..%2f..%2findex.html",
    "/assets/../../package.json",
    "/%2e%2e/package.json",
  ],
  ...[
    "/assets/%00",
    "/assets/..\\..\\package.json",
    "//etc/passwd",
    "/assets/%c0%ae%c0%ae/package.json",
    "/index.html",
  ],
  "/assets/nothing.js",
])("%s brings no file that was not meant for browsers", async (path) => {
  for (const headers of [{}, BROWSER]) {
    const { status, headers: answered, text } = await exchange(address, "GET", path, { headers });
    const isPage = status === 200 && answered["content-type"] === "text/html; charset=utf-8";
    if (isPage) expect(text).toContain('<div id="root">');
    else expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(text).not.toContain("sluice-workspace");
    expect(text).not.toContain("SLUICE_CSP_NONCE");
  }
});

test("a checkout that was not built says how to, and answers data as ever", async () => {
  const app: App = fastify().withTypeProvider<ZodTypeProvider>();
  expect(CONSOLE_DIR).toMatch(/web\/dist$/);
  await consoleFiles(app, "/nowhere");
  app.get("/v1/data", async () => ({ there: true }));
  const page = await app.inject({ url: "/", headers: BROWSER });
  expect(page.body).toContain("npm run build");
  expect((await app.inject({ url: "/v1/data", headers: BROWSER })).json()).toEqual({ there: true });
  await app.close();
});

test("a browser without Brotli gets gzip, one without either gets it as it is", async () => {
  const dir = await mkdtemp(join(tmpdir(), "sluice-console-"));
  const app: App = fastify().withTypeProvider<ZodTypeProvider>();
  try {
    await mkdir(join(dir, "assets"));
    const script = "console.log(1);".repeat(100);
    await writeFile(join(dir, "index.html"), "<!doctype html><div id=root></div>");
    await writeFile(join(dir, "assets", "a.js"), script);
    await writeFile(join(dir, "assets", "a.js.br"), brotliCompressSync(script));
    await writeFile(join(dir, "assets", "a.js.gz"), gzipSync(script));
    await consoleFiles(app, dir);
    const encoded = async (accepted: string) =>
      (await app.inject({ url: "/assets/a.js", headers: { "accept-encoding": accepted } })).headers["content-encoding"];
    expect([await encoded("br, gzip"), await encoded("gzip"), await encoded("identity")]).toEqual([
      "br",
      "gzip",
      undefined,
    ]);
  } finally {
    await app.close();
    await rm(dir, { recursive: true, force: true });
  }
});
