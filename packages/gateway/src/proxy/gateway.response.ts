import { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";

/** The response of one request, with what serves it: lets listeners be shared functions instead of one closure each. */
export class GatewayResponse extends ServerResponse {
  exchange: Exchange | null = null;

  /** Throws for a head that HTTP does not allow; what was tried of it is not kept. */
  sendHead(status: number, statusText: string, headers: string[]): void {
    try {
      this.writeHead(status, statusText, headers);
    } catch (error) {
      this.statusMessage = "";
      throw error;
    }
  }

  watchDrain(): void {
    this.on("drain", onResponseDrain);
  }
}

export function onResponseClose(this: GatewayResponse): void {
  if (!this.writableFinished) this.exchange?.callerLeft();
  this.exchange = null;
}

function onResponseDrain(this: GatewayResponse): void {
  this.exchange?.drained();
}
