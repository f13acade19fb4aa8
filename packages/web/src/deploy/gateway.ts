import { numberOf, type Pair, valuesOf } from "./text.ts";
import type { Route } from "./types.ts";

/** Where and how the gateway lets callers in, as it is written. */
export interface GatewayDraft {
  path: string;
  host: string;
  stripPrefix: boolean;
  headers: readonly Pair[];
  cookies: readonly Pair[];
  stickiness: "none" | "cookie" | "header" | "client";
  /** Of the cookie or the header. */
  stickyName: string;
  /** Milliseconds. */
  connect: string;
  response: string;
  idle: string;
}

/** What the API takes where nothing is said. */
const USUAL: GatewayDraft = {
  path: "",
  host: "",
  stripPrefix: true,
  headers: [],
  cookies: [],
  stickiness: "none",
  stickyName: "",
  connect: "1000",
  response: "30000",
  idle: "60000",
};

export const gatewayAt = (path: string): GatewayDraft => ({ ...USUAL, path });

/** Without what the API would take anyway; undefined: callers do not come to it. */
export function routeOf(draft: GatewayDraft): Route | undefined {
  const { path, host, stripPrefix } = draft;
  if (path.trim() === "") return undefined;
  const headers = valuesOf(draft.headers);
  const cookies = valuesOf(draft.cookies);
  const timeouts = timeoutsOf(draft);
  return {
    path: path.trim(),
    ...(host.trim() !== "" && { host: host.trim() }),
    ...(!stripPrefix && { stripPrefix: false }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(Object.keys(cookies).length > 0 && { cookies }),
    ...(draft.stickiness !== "none" && { stickiness: stickinessOf(draft) }),
    ...(Object.keys(timeouts).length > 0 && { timeouts }),
  };
}

function stickinessOf({ stickiness: by, stickyName }: GatewayDraft): NonNullable<Route["stickiness"]> {
  const name = stickyName.trim();
  if (by === "header") return { by, name };
  if (by === "cookie") return { by, ...(name !== "" && { name }) };
  return { by };
}

const timeoutsOf = ({ connect, response, idle }: GatewayDraft): NonNullable<Route["timeouts"]> => ({
  ...(connect !== USUAL.connect && { connectMs: numberOf(connect) }),
  ...(response !== USUAL.response && { responseMs: numberOf(response) }),
  ...(idle !== USUAL.idle && { idleMs: numberOf(idle) }),
});

/** Whether something is written that the API would not take anyway, besides what has a field of its own. */
export const saysMore = (draft: GatewayDraft): boolean =>
  !draft.stripPrefix ||
  draft.stickiness !== "none" ||
  draft.headers.length + draft.cookies.length > 0 ||
  Object.keys(timeoutsOf(draft)).length > 0;
