import { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";

/** The response of one request, with what serves it: lets listeners be shared functions instead of one closure each. */
export class GatewayResponse extends ServerResponse {
  exchange: Exchange | null = null;
}

export function onResponseClose(this: GatewayResponse): void {
  if (!this.writableFinished) this.exchange?.callerLeft();
  this.exchange = null;
}

export function onResponseDrain(this: GatewayResponse): void {
  this.exchange?.drained();
}
