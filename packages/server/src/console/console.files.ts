import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import files from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../http/app.types.ts";

/** Where the build of `@sluice/web` is. */
export const CONSOLE_DIR = fileURLToPath(new URL("../../../web/dist", import.meta.url));

/** What Vite writes in the place of each answer's nonce. */
const NONCE = "SLUICE_CSP_NONCE";

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice</title>
<h1>The console was not built</h1><p>Run <code>npm run build</code> in the folder of Sluice and load this page again.
The API works without it: <a href="/docs">its documents</a>.</p></html>`;

/** Addresses that answer data, also to a browser that navigates. */
const DATA = /^\/(v1|api|ofrep|docs|schemas|openapi\.json|metrics|healthz|readyz|assets)(\/|$)/;

/** Nothing but what this server sends runs, is shown, or is asked on a page of the console. */
const policy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * The web console: one page, whose address says what it shows. A browser that navigates gets it wherever no data is asked for;
 * the interfaces of agents have names of their own at the root, and programs that ask for them do not navigate.
 */
export async function consoleFiles(app: App, dir = CONSOLE_DIR): Promise<void> {
  const isBuilt = existsSync(join(dir, "index.html"));
  const page = isBuilt ? await readFile(join(dir, "index.html"), "utf8") : NOT_BUILT;

  app.addHook("onRequest", async (request, reply) => {
    if (!navigates(request) || DATA.test(request.url.split("?", 1)[0] ?? "")) return;
    return sendPage(reply, page);
  });

  if (!isBuilt) return;
  await app.register(async (scope) => {
    scope.addHook("onRoute", (route) => {
      route.config = { ...route.config, public: true };
    });
    await scope.register(files, {
      root: dir,
      wildcard: false,
      index: false,
      // The page is sent above, with its nonce; what is compressed is sent in the place of what is not.
      globIgnore: ["index.html", "**/*.br", "**/*.gz"],
      preCompressed: true,
      setHeaders: (reply, path) =>
        // The names of assets change with what is in them.
        void reply.header(
          "cache-control",
          path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
        ),
    });
  });
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString("base64");
  return reply
    .header("content-security-policy", policy(nonce))
    .header("cache-control", "no-store")
    .type("text/html; charset=utf-8")
    .send(page.replaceAll(NONCE, nonce));
}

/** A person who opens an address, and no program that asks for one. */
const navigates = ({ method, headers }: FastifyRequest): boolean =>
  (method === "GET" || method === "HEAD") &&
  headers.accept?.includes("text/html") === true &&
  (headers["sec-fetch-mode"] === undefined || headers["sec-fetch-mode"] === "navigate");
