import { invalidField, SluiceError } from "@sluice/core";
import type { FastifyRequest } from "fastify";
import { LOCAL_ADMIN } from "../access/principal.ts";
import type { TokenService } from "../access/token.service.ts";
import type { App } from "./app.types.ts";
import { refuseStrangers } from "./loopback.ts";

/**
 * Sets `request.principal`. With authentication it is the bearer token's; without, the local user, and then only
 * programs of this machine may ask. Who shows a token there is taken for its owner all the same: on a laptop too, two people
 * are needed where four eyes are.
 */
export function authenticateRequests(app: App, options: { auth: boolean; tokens: TokenService }): void {
  app.decorateRequest("principal", { getter: () => LOCAL_ADMIN });
  app.decorateRequest("isWelcome", { getter: () => async () => true });
  app.addHook("onRequest", async (request) => {
    if (!options.auth) refuseStrangers(addressOf(request));
    else if (URL.parse(`http://${request.headers.host}`) === null) {
      throw invalidField("headers.host", request.headers.host, "a host, and a port where it is not 80");
    }
    const { public: isPublic, isSigned } = request.routeOptions.config;
    if (isPublic === true || isSigned?.(request) === true) return;
    if (options.auth || request.headers.authorization !== undefined) {
      const { authorization } = request.headers;
      const principal = await options.tokens.authenticate(authorization);
      Object.defineProperty(request, "principal", { value: principal });
      Object.defineProperty(request, "isWelcome", { value: () => isKnown(options.tokens, authorization) });
    }
  });
}

/** A database that is away refuses nobody, and has nothing to tell. */
const isKnown = (tokens: TokenService, authorization: string | undefined): Promise<boolean> =>
  tokens.authenticate(authorization).then(
    () => true,
    (error: unknown) => !(error instanceof SluiceError && error.code === "unauthenticated"),
  );

const addressOf = ({ headers, socket }: FastifyRequest) => ({
  host: headers.host,
  origin: headers.origin,
  localPort: socket.localPort ?? 80,
  localAddress: socket.localAddress ?? "127.0.0.1",
});
