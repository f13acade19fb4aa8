import type { Metadata } from "@grpc/grpc-js";
import { LOCAL_ADMIN, type Principal } from "../access/principal.ts";
import type { TokenService } from "../access/token.service.ts";
import { refuseStrangers } from "../http/loopback.ts";

export interface AuthenticationOptions {
  auth: boolean;
  tokens: Pick<TokenService, "authenticate">;
  /** Where the server listens. */
  localAddress: string;
  localPort: number;
}

/**
 * Who calls, by the same rules as over HTTP: with authentication the owner of the bearer token in the metadata; without, the
 * local user, and then only programs of this machine may ask. Who shows a token there is taken for its owner all the same.
 *
 * @param host the call's authority, as the client named it
 */
export async function principalOf(
  { metadata, host, isPublic }: { metadata: Metadata; host: string; isPublic: boolean },
  { auth, tokens, localAddress, localPort }: AuthenticationOptions,
): Promise<Principal> {
  const first = (name: string): string | undefined => metadata.get(name)[0]?.toString();
  if (!auth) refuseStrangers({ host, origin: first("origin"), localPort, localAddress });
  const authorization = first("authorization");
  if (isPublic || (!auth && authorization === undefined)) return LOCAL_ADMIN;
  return tokens.authenticate(authorization);
}
