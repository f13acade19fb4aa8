import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Principal } from "../access/principal.ts";
import type { Services } from "./services.ts";

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Adds the routes of one noun. */
export type Routes = (app: App, services: Services) => void;

declare module "fastify" {
  interface FastifyInstance {
    /** Aborts when the server begins to close: answers without an end then end. */
    stopping: AbortSignal;
  }
  interface FastifyRequest {
    /** Who asks; set by authentication before any handler runs. */
    principal: Principal;
    /** Whether who asked may still be answered: for answers that outlast the check of their token. */
    isWelcome: () => Promise<boolean>;
  }
  interface FastifyContextConfig {
    /** Answered without a token. */
    public?: boolean;
    /** Answered without a token where this says that the request comes with a signature, which the handler checks. */
    isSigned?: (request: FastifyRequest) => boolean;
    /** Repetitions are known by what the sender calls a delivery, and not by an Idempotency-Key. */
    ownDeliveries?: boolean;
    /** Changes nothing, whatever its method: an Idempotency-Key has nothing to guard. */
    readsOnly?: boolean;
    /** The answer holds a secret that is shown once: an Idempotency-Key guards the change, but nothing is kept to repeat. */
    secretAnswer?: boolean;
    /** The route can be repeated by itself, and takes too long for one transaction: it heeds an Idempotency-Key on its own. */
    repeatable?: boolean;
    /** The body is a file, and may take its time as long as it keeps coming. */
    slowBody?: boolean;
  }
}
