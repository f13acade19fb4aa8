import type { RouteSettings } from "@sluice/core";
import { z } from "zod";

/** Bytes of a body, in either direction. */
export const MAX_BODY = 65_536;
const MAX_HEADERS = 50;

/** What the connection, the gateway or the route says, and no caller. */
const NOT_THE_CALLERS =
  /^(host|connection|content-length|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|x-forwarded-.*|x-sluice-(revision|version|deployment|mirror|only|instance))$/;

/** A segment that leads out of where it stands, in any spelling that a program might take for it. */
const LEADS_OUT = /(^|\/)(\.|%2e){1,2}(\/|%2f|%5c|$)|%2f(\.|%2e){1,2}(\/|%2f|$)/i;

const pathSchema = z
  .string()
  .max(2_048)
  .regex(/^\/(?!\/)[\x21-\x7e]*$/, "a path that begins with one slash, in printable ASCII; the rest percent-encoded")
  .refine((path) => !/[\\#]/.test(path), "a path without backslash or '#'")
  .refine((path) => !LEADS_OUT.test(path.replace(/\?.*/, "")), "a path without '.' and '..' as segments")
  .describe("Below the deployment's route, with its query: `/healthz?full=1`. No host: nothing else can be reached.");

const headersSchema = z
  .record(
    z.string().regex(/^[\w!#$%&'*+.^`|~-]{1,128}$/, "a header's name"),
    z
      .string()
      .max(4_096)
      .regex(/^[\x20-\x7e]*$/, "printable ASCII"),
  )
  .refine((headers) => Object.keys(headers).length <= MAX_HEADERS, `at most ${MAX_HEADERS} headers`)
  .refine(
    (headers) => Object.keys(headers).every((name) => !NOT_THE_CALLERS.test(name.toLowerCase())),
    "headers other than those that the connection or the gateway sets, such as Host",
  );

export const trySchema = z
  .strictObject({
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]),
    path: pathSchema,
    headers: headersSchema.default({}),
    body: z
      .string()
      .refine((body) => Buffer.byteLength(body) <= MAX_BODY, `at most ${MAX_BODY} bytes`)
      .optional(),
  })
  .refine(({ method, body }) => body === undefined || (method !== "GET" && method !== "HEAD"), {
    path: ["body"],
    message: "nothing, for GET and HEAD",
  })
  .meta({ id: "TryDeployment", examples: [{ method: "GET", path: "/healthz" }] });

export type TryRequest = z.output<typeof trySchema>;

/** A request at the gateway. */
export interface GatewayRequest {
  origin: string;
  path: string;
  method: TryRequest["method"];
  headers: Record<string, string>;
  body: string | null;
}

/**
 * The request as a caller of the deployment would send it: at its route's host and path, with the headers and cookies that the
 * route asks for, and for this deployment alone.
 */
export function gatewayRequest(
  asked: TryRequest,
  { deployment, route, gatewayUrl }: { deployment: string; route: RouteSettings; gatewayUrl: string },
): GatewayRequest {
  const address = new URL(gatewayUrl);
  const { origin } = address;
  if (route.host !== undefined) address.hostname = route.host;
  const given = Object.entries(asked.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const headers = { ...Object.fromEntries(given), ...route.headers };
  const cookies = Object.entries(route.cookies ?? {}).map(([name, value]) => `${name}=${value}`);
  if (cookies.length > 0) headers.cookie = [...cookies, ...(headers.cookie ? [headers.cookie] : [])].join("; ");
  return {
    origin,
    path: route.path === "/" ? asked.path : `${route.path}${asked.path}`,
    method: asked.method,
    headers: { ...headers, host: address.host, "x-sluice-only": deployment },
    body: asked.body ?? null,
  };
}
