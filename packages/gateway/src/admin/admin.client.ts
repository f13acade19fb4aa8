import {
  ERROR_CODES,
  type ErrorCode,
  type GatewaySnapshot,
  type RouteConfig,
  type RouteObservation,
  SluiceError,
} from "@sluice/core";
import { type Dispatcher, request } from "undici";
import { type AdminAddress, readAdminAddress } from "./admin.file.ts";

/** So long may the gateway take to answer, and so long may its stream be silent (ms). */
const ANSWER_MS = 5_000;

/** A gateway as the control plane drives it. Every method throws `unavailable` when the gateway cannot be reached. */
export interface GatewayAdmin {
  /** Where the gateway is now: it may have moved since the last call. */
  address(): Promise<AdminAddress>;
  /** Applied and on disk when it resolves. Throws `aborted` for a stale epoch, `already_exists` for a taken match, `invalid_argument`. */
  putRoute(config: RouteConfig): Promise<RouteObservation>;
  /** Unknown routes are fine. Throws `aborted` for a stale epoch. */
  deleteRoute(id: string, epoch?: number): Promise<void>;
  snapshot(): Promise<GatewaySnapshot>;
  /** About four a second, and one in the moment a guard closes. Ends when `signal` is aborted, throws when the gateway goes. */
  stream(signal: AbortSignal): AsyncGenerator<GatewaySnapshot, void, undefined>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}

/** `adminJsonPath`: the file that the gateway leaves its address in; read at every call, so restarts are followed. */
export function connectGateway(adminJsonPath: string): GatewayAdmin {
  const call = async (
    method: "GET" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<Dispatcher.ResponseData["body"]> => {
    const { port, token } = await readAdminAddress(adminJsonPath);
    const answer = await request(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: ANSWER_MS,
      bodyTimeout: ANSWER_MS,
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      throw new SluiceError("unavailable", `the gateway at 127.0.0.1:${port} does not answer`, { cause: error });
    });
    if (answer.statusCode >= 300) throw await errorOf(answer);
    return answer.body;
  };

  return {
    address: () => readAdminAddress(adminJsonPath),
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
