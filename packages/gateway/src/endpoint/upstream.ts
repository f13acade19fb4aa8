import { connect, isIPv6 } from "node:net";
import type { Endpoint } from "@sluice/core";
import { Pool } from "undici";
import { InstancePool } from "../proxy/fast/instance.pool.ts";

/** Requests in a row that were reset or timed out until the endpoint counts as dead. One refused connection is enough. */
const RESETS_TO_EJECT = 3;
/** The first answers of a program come from cold code and cold caches, and say nothing about the version. */
const WARM_UP_ANSWERS = 5;
const FIRST_PROBE_MS = 100;
const LAST_PROBE_MS = 10_000;

/**
 * One instance's address with its keep-alive connections, in one of these states:
 *
 * ## usable
 * Entered at the start and after a successful probe. Gets requests. Left when a connection is refused or cannot be
 * made in time, or after three requests in a row without an answer.
 *
 * ## ejected
 * Gets no requests. A TCP connection is tried after 100 ms, then after twice as long each time, up to 10 s; left when
 * one stands. After that a single failure ejects again, with the longer wait, until an answer came.
 *
 * ## closed
 * Taken out of the configuration: requests in flight finish, then the connections go.
 */
export class Upstream {
  readonly id: string;
  readonly host: string;
  readonly port: number;
  readonly connectMs: number;
  /** For requests whose body is still to come, and for copies. */
  readonly pool: Pool;
  /** For requests that are whole. */
  readonly direct: InstancePool;
  inFlight = 0;
  ejected = false;
  #answers = 0;
  #failures = 0;
  #probeMs = FIRST_PROBE_MS;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor({ id, host, port }: Endpoint, connectMs: number) {
    this.id = id;
    this.host = host;
    this.port = port;
    this.connectMs = connectMs;
    this.pool = new Pool(`http://${isIPv6(host) ? `[${host}]` : host}:${port}`, {
      pipelining: 1,
      allowH2: false,
      connect: { timeout: connectMs, noDelay: true, keepAlive: true },
      // Instances commonly close idle connections after 5 s: be first, so that no request meets a closing one.
      keepAliveTimeout: 4_000,
    });
    this.direct = new InstancePool(host, port, connectMs);
    // Nobody's request: a connection that failed while idle. Requests hear of their own errors.
    this.pool.on("connectionError", () => undefined);
  }

  get warm(): boolean {
    return this.#answers >= WARM_UP_ANSWERS;
  }

  /** An answer came, whatever it said. */
  answered(): void {
    this.#answers += 1;
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#probeMs = FIRST_PROBE_MS;
  }

  /** No answer came; `refused` when not even a connection did. */
  failed(refused: boolean): void {
    this.#failures += refused ? RESETS_TO_EJECT : 1;
    if (this.#failures >= RESETS_TO_EJECT && !this.ejected && !this.#closed) this.#eject();
  }

  /** Lets requests in flight finish. The endpoint must get no new ones. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await Promise.all([this.pool.close(), this.direct.close()]);
  }

  /** Cuts every connection. */
  async destroy(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.direct.destroy();
    await this.pool.destroy();
  }

  #eject(): void {
    this.ejected = true;
    this.#timer = setTimeout(() => this.#probe(), this.#probeMs);
    this.#timer.unref();
    this.#probeMs = Math.min(2 * this.#probeMs, LAST_PROBE_MS);
  }

  #probe(): void {
    const socket = connect({ host: this.host, port: this.port, timeout: this.connectMs });
    socket.unref();
    const settle = (alive: boolean): void => {
      socket.destroy();
      if (this.#closed || !this.ejected) return;
      if (!alive) {
        this.#eject();
        return;
      }
      this.ejected = false;
      this.#failures = RESETS_TO_EJECT - 1;
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  }
}
