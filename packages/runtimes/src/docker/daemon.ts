import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { addAbortSignal, Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import Docker from "dockerode";
import { type DaemonAddress, isHere } from "./daemon.address.ts";
import { daemonError, failureOf } from "./daemon.error.ts";

/** Longest time that a call may take, streams apart. Milliseconds. */
const TIMEOUT_MS = 30_000;
const LOOPBACK = "127.0.0.1";

type Call<T> = (docker: Docker, options: { abortSignal: AbortSignal }) => Promise<T>;

/** One daemon, by Docker's API: Docker's own, or Podman's. */
export interface Daemon {
  readonly address: DaemonAddress;
  /**
   * One call. Throws a `SluiceError` that names what was tried and has the daemon's words; `unavailable` when it does not
   * answer in time.
   */
  call<T>(what: string, work: Call<T>, timeoutMs?: number): Promise<T>;
  /** A call of which it is no error that the object is not there, or not any more: then it answers null. */
  find<T>(what: string, work: Call<T>): Promise<T | null>;
  /** A call that answers with a stream; the signal breaks it off, also before it has begun. */
  stream(what: string, work: Call<NodeJS.ReadableStream>, signal: AbortSignal): Promise<Readable>;
  /** Operating system and architecture of its machine, as `linux/amd64`. */
  platform(): Promise<string>;
  /** The one address at which its machine's published ports are reached from here. */
  publishedAt(): Promise<string>;
}

export function createDaemon(address: DaemonAddress): Daemon {
  const docker = new Docker(dockerOptions(address));

  async function call<T>(what: string, work: Call<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
    const answered = new AbortController();
    const deadline = AbortSignal.timeout(timeoutMs);
    const late = delay(timeoutMs, undefined, { signal: answered.signal, ref: false }).then(() => {
      throw new SluiceError(
        "unavailable",
        `${what}: Docker at ${address.name} did not answer within ${timeoutMs / 1_000} s`,
      );
    });
    try {
      // Raced, since an answer that breaks off in the middle is not told by the client.
      return await Promise.race([work(docker, { abortSignal: deadline }), late]);
    } catch (error) {
      throw daemonError(error, what, address.name);
    } finally {
      late.catch(() => undefined);
      answered.abort();
    }
  }

  let platform: string | undefined;
  return {
    address,
    call,
    async platform() {
      if (platform === undefined) {
        const { Os, Arch } = await call("asking for the version", (own) => own.version());
        platform = `${Os}/${Arch}`;
      }
      return platform;
    },
    async publishedAt() {
      if ("socketPath" in address || isHere(address)) return LOOPBACK;
      return (await lookup(address.host)).address;
    },
    find: (what, work) =>
      call(what, work).catch((error: unknown) => {
        if (error instanceof SluiceError && failureOf(error.cause).status === 404) return null;
        throw error;
      }),
    async stream(what, work, signal) {
      const ended = new AbortController();
      const aborted = once(signal, "abort", { signal: ended.signal }).then(() => signal.throwIfAborted());
      try {
        const opening = work(docker, { abortSignal: signal });
        const stream = await Promise.race([opening, aborted]);
        if (!(stream instanceof Readable)) throw signal.reason;
        return addAbortSignal(signal, stream);
      } catch (error) {
        throw daemonError(error, what, address.name);
      } finally {
        aborted.catch(() => undefined);
        ended.abort();
      }
    },
  };
}

/** Everything is said, also what there is not: the client would take it from the environment of this process. */
function dockerOptions(address: DaemonAddress): Docker.DockerOptions {
  const none = { ca: undefined, cert: undefined, key: undefined, version: undefined, timeout: undefined };
  if ("socketPath" in address)
    return { ...none, socketPath: address.socketPath, protocol: "http", host: undefined, port: undefined };
  const { host, port, tls } = address;
  return { ...none, ...tls, protocol: tls === null ? "http" : "https", host, port, socketPath: undefined };
}
