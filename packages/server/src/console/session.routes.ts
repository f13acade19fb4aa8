import { SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { actionsOfPrincipal } from "../access/authorise.ts";
import { LOCAL_ADMIN, type Principal, ROLES } from "../access/principal.ts";
import type { TokenService } from "../access/token.service.ts";
import type { App } from "../http/app.types.ts";
import { refuseOtherPages } from "./same-origin.ts";
import { endSession, keepSession } from "./session.cookie.ts";

const principalView = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  project: z.string().nullable().describe("The one project of the token; null: all."),
  environment: z.string().nullable().describe("The one environment of the token; null: all."),
  actions: z.array(z.string()).describe("What they may do."),
});

const sessionView = z
  .object({
    authentication: z.enum(["token", "off"]).describe("`off`: whoever reaches the server is its administrator."),
    principal: principalView.nullable().describe("Null: nobody is signed in."),
  })
  .meta({ id: "Session", examples: [{ authentication: "token", principal: null }] });

const view = (auth: boolean, principal: Principal | null): z.output<typeof sessionView> => ({
  authentication: auth ? "token" : "off",
  principal: principal && { ...principal, actions: actionsOfPrincipal(principal) },
});

/** How a browser signs in: its token goes into a cookie that no script can read. */
export function sessionRoutes(app: App, { tokens, auth }: { tokens: TokenService; auth: boolean }): void {
  const tags = ["Session"];
  const config = { public: true, readsOnly: true };
  const nobody = auth ? null : LOCAL_ADMIN;

  /** Who asks. A session whose token counts no more is ended. */
  const current = async (request: FastifyRequest, reply: FastifyReply): Promise<Principal | null> => {
    const { authorization } = request.headers;
    if (authorization === undefined) return nobody;
    try {
      return await tokens.authenticate(authorization);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "unauthenticated") throw error;
      endSession(request, reply);
      return nobody;
    }
  };

  app.get(
    "/v1/session",
    {
      config,
      schema: {
        operationId: "getSession",
        summary: "Say who asks, and what they may do",
        tags,
        response: { 200: sessionView },
      },
    },
    async (request, reply) => view(auth, await current(request, reply)),
  );

  app.post(
    "/v1/session",
    {
      config,
      schema: {
        operationId: "createSession",
        summary: "Sign a browser in",
        description: "Answers with a cookie that stands for the token, for pages of this server alone.",
        tags,
        body: z.strictObject({ token: z.string().min(1).max(512) }).meta({ examples: [{ token: "slc_…" }] }),
        response: { 200: sessionView },
      },
    },
    async (request, reply) => {
      const { host, origin, "sec-fetch-site": site } = request.headers;
      if (origin !== undefined) refuseOtherPages({ method: "POST", host, origin, site: site?.toString() });
      const { token } = request.body;
      const principal = await tokens.authenticate(`Bearer ${token}`);
      keepSession(request, reply, token);
      return view(auth, principal);
    },
  );

  app.delete(
    "/v1/session",
    {
      config,
      schema: {
        operationId: "deleteSession",
        summary: "Sign a browser out",
        tags,
        response: { 204: z.null() },
      },
    },
    async (request, reply) => {
      endSession(request, reply);
      return reply.code(204).send(null);
    },
  );
}
