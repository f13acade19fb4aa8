import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { FULL_WEIGHT, pathOf, type RawHeaders, stripPrefix } from "@sluice/core";
import type { Arm } from "../route/arm.ts";
import type { CompiledRoute } from "../route/compiled.route.ts";
import type { RouteTable } from "../route/route.table.ts";
import type { ShadowPair } from "../shadow/shadow.pair.ts";
import type { CallersRequest, CallersResponse } from "./caller.ts";
import { Exchange } from "./exchange.ts";
import type { SentBody } from "./exchange.types.ts";
import type { CallerResponse } from "./fast/caller.response.ts";
import type { PlainRequest } from "./fast/plain.request.ts";
import { type GatewayResponse, onResponseClose } from "./gateway.response.ts";
import type { Chosen } from "./measure.ts";
import { MirrorCopy } from "./mirror.ts";
import { NO_INSTANCE, NO_ROUTE, OTHER_DEPLOYMENT, type Problem, sendProblem } from "./problem.ts";
import { RequestBody } from "./request.body.ts";
import { type RequestHead, readRequestHead, readTarget } from "./request.head.ts";

/** A request as it came in. `raw`: its headers; `client`: the address that it came from. */
export interface Incoming {
  target: string;
  raw: RawHeaders;
  client: string;
}

export const incomingOf = (request: IncomingMessage): Incoming => ({
  target: request.url ?? "",
  raw: request.rawHeaders,
  client: request.socket.remoteAddress ?? "",
});

/** Where a request goes. */
export interface Destination {
  route: CompiledRoute;
  arm: Arm;
  chosen: Chosen;
  head: RequestHead;
  /** The target that the instance receives. */
  path: string;
  /** `Set-Cookie` that makes the caller stick; null when there is nothing to set. */
  cookie: string | null;
}

/** Finds route, revision and headers of a request, or the problem to answer with. */
export function directRequest(table: RouteTable, { target, raw, client }: Incoming): Destination | Problem {
  const read = readTarget(target);
  if (read === null) return badRequest("The target must begin with '/' or be an http address.");
  const head = readRequestHead(raw, client, read.authority);
  if (head.fault !== null) return badRequest(`${head.fault}.`);
  const route = table.index.find(head.host, pathOf(read.target), raw);
  if (route === null) return NO_ROUTE;
  if (head.only !== null && head.only !== route.id) return OTHER_DEPLOYMENT;
  const path = route.config.stripPrefix ? stripPrefix(read.target, route.prefix) : read.target;
  const pinned = route.pinned(raw);
  if (pinned !== null) return { route, arm: pinned, chosen: "by_rule", head, path, cookie: null };
  const { key, cookie } = knowCaller(route, raw, client);
  const arm = route.choose(key, Math.random());
  if (arm === null) return NO_INSTANCE;
  return { route, arm, chosen: route.deals ? "by_weight" : "by_default", head, path, cookie };
}

/** The listener for `request`: from the head that node:http has read to the dispatch. */
export function createProxyHandler(table: RouteTable): (request: IncomingMessage, response: GatewayResponse) => void {
  return (request, response) => {
    if (request.url === "*") return aboutTheGateway(request, response);
    const found = directRequest(table, incomingOf(request));
    if ("status" in found) return sendProblem(response, found);
    const open = found.head.hasBody ? () => new RequestBody(request) : null;
    response.on("close", onResponseClose);
    begin(table, found, { request, response, body: { whole: false, open } });
  };
}

/** The same for requests that are plain and whole. */
export function createPlainHandler(table: RouteTable) {
  return (request: PlainRequest, client: string, response: CallerResponse): void => {
    const found = directRequest(table, { target: request.target, raw: request.rawHeaders, client });
    if ("status" in found) {
      sendProblem(response, found);
      return;
    }
    const { method, body } = request;
    const callers = { method, errored: null, complete: true };
    begin(table, found, { request: callers, response, body: { whole: true, bytes: body } });
  };
}

interface Callers {
  request: CallersRequest;
  response: CallersResponse & { exchange: Exchange | null };
  body: SentBody;
}

/** The hot path: from the choice to the dispatch. */
function begin(table: RouteTable, found: Destination, { request, response, body }: Callers): void {
  const { route, arm, chosen, head, path, cookie } = found;
  const copied = route.mirror === null ? null : mirrorOf(table, found, request.method ?? "GET");
  const exchange = new Exchange({
    route,
    request,
    response,
    path,
    headers: head.headers,
    body,
    cookie,
    names: head.only !== null,
    mirror: copied?.copy ?? null,
    shadowed: copied?.pair?.stable ?? null,
  });
  response.exchange = exchange;
  exchange.send(arm, chosen);
}

/** The copy of a request for the mirror, and the pair that its answer is half of; null when this one is not copied. */
function mirrorOf(
  table: RouteTable,
  { route, arm, head, path }: Destination,
  method: string,
): { copy: MirrorCopy; pair: ShadowPair | null } | null {
  const { mirror } = route;
  if (mirror === null || mirror.arm === arm || Math.random() * FULL_WEIGHT >= mirror.weight || !mirror.arm.usable)
    return null;
  const record = table.records.get(route.id);
  if (record === undefined) return null;
  const { timeouts } = route.config;
  const pair = record.shadow?.begin(method, path) ?? null;
  const copied = { path, method, headers: head.headers, timeouts };
  return { copy: new MirrorCopy(mirror.arm, record.mirrorBudget, copied, pair?.candidate ?? null), pair };
}

interface Caller {
  key: string | null;
  cookie: string | null;
}

const UNKNOWN_CALLER: Caller = { key: null, cookie: null };

/** What the caller is known by. A caller that has no cookie yet is given one, and served by it from this request on. */
function knowCaller(route: CompiledRoute, raw: RawHeaders, client: string): Caller {
  const { stickiness } = route.config;
  if (stickiness.by === "none") return UNKNOWN_CALLER;
  const key = route.stickyKey(raw, client);
  if (stickiness.by !== "cookie" || key !== null) return { key, cookie: null };
  const id = randomBytes(16).toString("base64url");
  return { key: id, cookie: `${stickiness.name}=${id}; Path=/; HttpOnly; SameSite=Lax` };
}

const badRequest = (detail: string): Problem => ({ status: 400, title: "Bad request", detail });

/** `OPTIONS *` asks about the server itself, which is the gateway. */
function aboutTheGateway(request: IncomingMessage, response: GatewayResponse): void {
  if (request.method !== "OPTIONS") {
    sendProblem(response, badRequest("Only OPTIONS may have the target '*'."));
    return;
  }
  response.writeHead(204);
  response.end();
}
