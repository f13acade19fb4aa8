import type { App } from "./app.types.ts";

/** The readable docs are a page of ours with one inline script; everything else is data. */
const PAGE = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "frame-ancestors 'none'",
].join("; ");
const DATA = "default-src 'none'; frame-ancestors 'none'";

/** Headers that keep browsers from guessing types, framing our pages, or telling others where they were. */
export function addSecurityHeaders(app: App): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy": request.routeOptions.url?.startsWith("/docs") === true ? PAGE : DATA,
    });
  });
}
