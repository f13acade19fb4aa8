import {
  ERROR_CODES,
  type ErrorCode,
  type GatewaySnapshot,
  type RouteConfig,
  type RouteObservation,
  SluiceError,
} from "@sluice/core";
import { Agent, type Dispatcher, request } from "undici";
import { type AdminAddress, readAdminAddress } from "./admin.file.ts";

/** So long may the gateway take to answer, and so long may its stream be silent (ms). */
const ANSWER_MS = 5_000;

/** A gateway as the control plane drives it. Every method throws `unavailable` when the gateway cannot be reached. */
export interface GatewayAdmin {
  /** Applied and on disk when it resolves. Throws `aborted` for a stale epoch, `already_exists` for a taken match, `invalid_argument`. */
  putRoute(config: RouteConfig): Promise<RouteObservation>;
  /** Unknown routes are fine. Throws `aborted` for a stale epoch. */
  deleteRoute(id: string, epoch?: number): Promise<void>;
  snapshot(): Promise<GatewaySnapshot>;
  /** About four a second, and one in the moment a guard closes. Ends when `signal` is aborted, throws when the gateway goes. */
  stream(signal: AbortSignal): AsyncGenerator<GatewaySnapshot, void, undefined>;
  /** Says that it knows every route by now: a new one wants callers from then on. */
  admit(): Promise<void>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

/** One of this machine. */
export interface LocalGatewayAdmin extends GatewayAdmin {
  /** Where the gateway is now: it may have moved since the last call. */
  address(): Promise<AdminAddress>;
}

/** One that runs by itself, anywhere. */
export interface RemoteGatewayAdmin extends GatewayAdmin {
  /** Gives its connections up. */
  close(): Promise<void>;
}

export interface RemoteGateway {
  /** Of its administration. */
  url: string;
  token: string;
  /** PEM text of the authority that signed its certificate; null: those that the machine trusts. */
  ca: string | null;
  /** The name that its certificate is to be for, where that is not the host of `url`. */
  serverName?: string;
}

/** `adminJsonPath`: the file that the gateway leaves its address in; read at every call, so restarts are followed. */
export function connectGateway(adminJsonPath: string): LocalGatewayAdmin {
  const address = () => readAdminAddress(adminJsonPath);
  const admin = createAdmin(async () => {
    const { port, token } = await address();
    return { url: `http://127.0.0.1:${port}`, token };
  });
  return { ...admin, address };
}

/** A gateway whose administration others reach as well, by a token that it was given. */
export function connectRemoteGateway({ url, token, ca, serverName }: RemoteGateway): RemoteGatewayAdmin {
  const dispatcher = new Agent({
    connect: {
      timeout: ANSWER_MS,
      ...(ca !== null && { ca }),
      ...(serverName !== undefined && { servername: serverName }),
    },
  });
  return { ...createAdmin(async () => ({ url, token, dispatcher })), close: () => dispatcher.destroy() };
}

interface Located {
  url: string;
  token: string;
  dispatcher?: Dispatcher;
}

function createAdmin(locate: () => Promise<Located>): GatewayAdmin {
  const call = async (
    method: "GET" | "PUT" | "POST" | "DELETE",
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData["body"]> => {
    const { url, token, dispatcher } = await locate();
    const answer = await request(url + path, {
      method,
      ...(dispatcher !== undefined && { dispatcher }),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw new SluiceError("unavailable", `the gateway at ${new URL(url).host} does not answer`, { cause: error });
    });
    if (answer.statusCode >= 300) throw await errorOf(answer);
    return answer.body;
  };

  return {
    async putRoute(config) {
      const body = await call("PUT", `/routes/${encodeURIComponent(config.id)}`, config);
      return (await body.json()) as RouteObservation;
    },
    async deleteRoute(id, epoch) {
      const body = await call(
        "DELETE",
        `/routes/${encodeURIComponent(id)}${epoch === undefined ? "" : `?epoch=${epoch}`}`,
      );
      await body.dump();
    },
    async snapshot() {
      return (await (await call("GET", "/snapshot")).json()) as GatewaySnapshot;
    },
    async *stream(signal) {
      try {
        const body = await call("GET", "/stream", undefined, signal);
        let rest = "";
        for await (const chunk of body.setEncoding("utf8")) {
          const lines = (rest + String(chunk)).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) if (line !== "") yield JSON.parse(line) as GatewaySnapshot;
        }
      } catch (error) {
        if (signal.aborted) return;
        throw brokenStream(error);
      }
    },
    async admit() {
      await (await call("POST", "/ready")).dump();
    },
    async metrics() {
      return (await call("GET", "/metrics")).text();
    },
  };
}

const brokenStream = (error: unknown): SluiceError =>
  error instanceof SluiceError
    ? error
    : new SluiceError("unavailable", "the gateway's stream of snapshots broke off", { cause: error });

/** The gateway's refusal as it was thrown there. */
async function errorOf({ statusCode, body }: Dispatcher.ResponseData): Promise<SluiceError> {
  const problem: unknown = await body.json().catch(() => null);
  const read = (name: string): unknown =>
    typeof problem === "object" && problem !== null ? Reflect.get(problem, name) : undefined;
  const code = ERROR_CODES.find((known: ErrorCode) => known === read("code")) ?? "unknown";
  return new SluiceError(code, String(read("detail") ?? `the gateway answered ${statusCode}`));
}
