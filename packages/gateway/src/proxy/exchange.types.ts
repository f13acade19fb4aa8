import type { CompiledRoute } from "../route/compiled.route.ts";
import type { PairSide } from "../shadow/shadow.pair.ts";
import type { CallersRequest, CallersResponse } from "./caller.ts";
import type { MirrorCopy } from "./mirror.ts";
import type { RequestBody } from "./request.body.ts";

/** How an exchange's request reaches the instance: what is not whole yet goes by undici, what is by our own connections. */
export type SentBody = { whole: false; open: (() => RequestBody) | null } | { whole: true; bytes: Buffer | null };

/** What an exchange is begun with. */
export interface ExchangeOptions {
  route: CompiledRoute;
  request: CallersRequest;
  response: CallersResponse;
  path: string;
  /** What the instance receives, but for what tells it the arm that it is. */
  headers: string[];
  body: SentBody;
  /** `Set-Cookie` that makes the caller stick; null when there is nothing to set. */
  cookie: string | null;
  /** Whether the answer names the instance that gave it. */
  names: boolean;
  /** A copy for the mirror that waits for the body; null when there is none. */
  mirror: MirrorCopy | null;
  /** This answer's part of a comparison with the mirror's; null when there is none. */
  shadowed: PairSide | null;
}
