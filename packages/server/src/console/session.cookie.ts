import cookie from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../http/app.types.ts";
import { refuseOtherPages } from "./same-origin.ts";

/** A browser stays signed in for a week, or for as long as its token counts, if that is shorter. Seconds. */
const LASTS = 7 * 24 * 3_600;

/** Cookies are shared by all ports of a host: two servers on one machine have a session each. */
const nameAt = ({ socket }: FastifyRequest): string => `sluice_session_${socket.localPort ?? 0}`;

/** A session is a token that the browser keeps where no script can read it: from here on it is as if the caller had sent it. */
export async function acceptSessions(app: App): Promise<void> {
  await app.register(cookie);
  app.addHook("onRequest", async (request) => {
    const token = request.cookies[nameAt(request)];
    if (token === undefined || token === "" || request.headers.authorization !== undefined) return;
    const { host, origin, "sec-fetch-site": site } = request.headers;
    refuseOtherPages({ method: request.method, host, origin, site: site?.toString() });
    request.headers.authorization = `Bearer ${token}`;
  });
}

export function keepSession(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(nameAt(request), token, { ...attributes(request), maxAge: LASTS });
}

export function endSession(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(nameAt(request), attributes(request));
}

const attributes = ({ headers }: FastifyRequest) =>
  ({
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    // What ends TLS in front of us says so; over plain HTTP a browser would drop the cookie.
    secure: headers["x-forwarded-proto"] === "https",
  }) as const;
