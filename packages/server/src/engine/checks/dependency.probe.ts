import { connect } from "node:net";
import { type Dependency, type DependencyAddress, parseAddress } from "@sluice/core";
import { Agent, request } from "undici";
import { checkGrpcHealth } from "./grpc.health.ts";

export interface ProbeResult {
  ok: boolean;
  /** What happened, as the end of a sentence that begins with the dependency. */
  seen: string;
  /** What would have been well. */
  expected: string;
}

const EXPECTED: Readonly<Record<Dependency["type"], string>> = {
  http: "an answer from 200 to 399",
  tcp: "an accepted connection",
  grpc: "the status SERVING of grpc.health.v1",
};

/** Bytes of an answer that are read before the connection is closed; only its status matters. */
const MAX_ANSWER = 65_536;

/** Asks a dependency once, within its own time. Never throws; whatever goes wrong is what was seen. */
export async function probeDependency(dependency: Dependency, signal?: AbortSignal): Promise<ProbeResult> {
  const { type, address, timeoutSeconds } = dependency;
  const expected = EXPECTED[type];
  const parsed = parseAddress(type, address);
  if (parsed === null) return { ok: false, seen: "has no address that can be understood", expected };
  const timeout = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1_000));
  const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    return { ...(await probe(dependency, parsed, both)), expected };
  } catch (error) {
    const why = signal?.aborted
      ? "was not waited for: the validation was ended"
      : timeout.aborted
        ? `did not answer within ${timeoutSeconds} s`
        : `could not be reached: ${reasonOf(error)}`;
    return { ok: false, seen: why, expected };
  }
}

function probe(
  dependency: Dependency,
  address: DependencyAddress,
  signal: AbortSignal,
): Promise<Omit<ProbeResult, "expected">> {
  switch (dependency.type) {
    case "http":
      return askHttp(address, dependency.path ?? "/", signal);
    case "tcp":
      return askTcp(address, signal);
    case "grpc":
      return askGrpc(address, dependency.service ?? "", signal);
  }
}

const authority = ({ host, port }: DependencyAddress): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

async function askHttp(address: DependencyAddress, path: string, signal: AbortSignal) {
  const agent = new Agent({ maxResponseSize: MAX_ANSWER });
  try {
    const url = `${address.tls ? "https" : "http"}://${authority(address)}${path}`;
    // Redirections are not followed: where they lead is not what was declared.
    const { statusCode, body } = await request(url, { dispatcher: agent, signal, headers: { "user-agent": "sluice" } });
    // The rest of the answer is cut off; that it was is nobody's error.
    body.on("error", () => undefined);
    return { ok: statusCode >= 200 && statusCode < 400, seen: `answered ${statusCode}` };
  } finally {
    await agent.destroy();
  }
}

async function askTcp({ host, port }: DependencyAddress, signal: AbortSignal) {
  const socket = connect({ host, port, signal });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    return { ok: true, seen: "accepted a connection" };
  } finally {
    socket.destroy();
  }
}

async function askGrpc(address: DependencyAddress, service: string, signal: AbortSignal) {
  const status = await checkGrpcHealth({ target: authority(address), tls: address.tls, service }, signal);
  return { ok: status === "SERVING", seen: `is ${status}` };
}

/** The cause at the bottom, without the addresses of every attempt. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  return error instanceof Error && error.message !== "" ? error.message : String(error);
}
