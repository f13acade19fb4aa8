import type { IncomingMessage, ServerResponse } from "node:http";
import { LOCAL_ADMIN, type Principal } from "../../access/principal.ts";
import type { App } from "../../http/app.types.ts";
import { refuseStrangers } from "../../http/loopback.ts";
import type { Prepared } from "../prepared.ts";
import type { ResolveLimit } from "../resolve.limit.ts";
import { mayRead, recordOf } from "../resolve.service.ts";
import type { Resolver } from "../resolver.ts";
import type { KnownTokens } from "./known.tokens.ts";
import { targetOf } from "./request.target.ts";

interface FrontDeps {
  auth: boolean;
  tokens: KnownTokens;
  resolver: Resolver;
  limit: ResolveLimit;
  random: () => number;
}

/** Origins are asked of the usual way; so is whatever else a plain reading does not need. */
const HEADERS = [
  ["content-type", "application/json; charset=utf-8"],
  ["cache-control", "private, no-cache"],
  ["x-content-type-options", "nosniff"],
].flat();

/**
 * Answers plain readings of prompts before Fastify sees them: `GET /v1/resolve/…` of a prompt that is in memory, by somebody who is
 * known to be allowed to, within the limit. It answers as the route does or not at all: whatever is not plain, and every
 * refusal, goes the usual way, so there is one place that says what is wrong.
 */
export function putInFront(app: App, deps: FrontDeps): void {
  const { server } = app;
  const usual = server.listeners("request").filter((listener) => typeof listener === "function");
  const answer = createFront(deps);
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (!app.stopping.aborted && answer(request, response)) return;
    for (const listener of usual) Reflect.apply(listener, server, [request, response]);
  });
}

/** Answers whether it answered. */
function createFront({ auth, tokens, resolver, limit, random }: FrontDeps) {
  const hosts = createKnownHosts();
  const headersOf = new WeakMap<Prepared, { found: string[]; same: string[] }>();

  const principalOf = ({ headers, socket }: IncomingMessage, response: ServerResponse): Principal | null => {
    if (headers.origin !== undefined) return null;
    if (!auth && !hosts.accepts(headers.host, socket.localPort, socket.localAddress)) return null;
    const { authorization } = headers;
    if (authorization === undefined) return auth ? null : LOCAL_ADMIN;
    const principal = tokens.principalOf(authorization);
    if (principal === null) {
      response.once("finish", () => {
        if (response.statusCode < 400) tokens.learn(authorization);
      });
    }
    return principal;
  };

  const headers = (prepared: Prepared) => {
    const known = headersOf.get(prepared);
    if (known !== undefined) return known;
    const same = [...HEADERS, "etag", prepared.etag];
    const made = { same, found: [...same, "content-length", String(prepared.body.length)] };
    headersOf.set(prepared, made);
    return made;
  };

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== "GET" || !resolver.following) return false;
    const target = targetOf(request.url ?? "");
    if (target === null) return false;
    const principal = principalOf(request, response);
    if (principal === null) return false;
    const { name, project, environment, key, context } = target;
    const record = recordOf(resolver, principal, { id: name, project, environment });
    if (record === null || record.route.stopped || !mayRead(principal, record)) return false;
    const resolution = record.deal(key, context, random);
    const prepared = resolution === null ? null : record.prepared(resolution);
    if (resolution === null || prepared === null || !limit.allows(principal)) return false;
    resolver.tally.handedOut(record.route.id, resolution);
    const { found, same } = headers(prepared);
    if (request.headers["if-none-match"] === prepared.etag) {
      response.writeHead(304, same);
      response.end();
    } else {
      response.writeHead(200, found);
      response.end(prepared.body);
    }
    return true;
  };
}

const MOST_HOSTS = 100;

/** Hosts that were found to be this machine, by port and address. */
function createKnownHosts() {
  const known = new Set<string>();
  return {
    accepts(host: string | undefined, localPort = 80, localAddress = "127.0.0.1"): boolean {
      const written = `${host} ${localPort} ${localAddress}`;
      if (known.has(written)) return true;
      try {
        refuseStrangers({ host, origin: undefined, localPort, localAddress });
      } catch {
        return false;
      }
      if (known.size < MOST_HOSTS) known.add(written);
      return true;
    },
  };
}
