import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { type TestOptions, type TestResult, testOptionsSchema } from "@sluice/core";
import type { CandidateTestRun, TestedInstance } from "../candidate-test.types.ts";
import { runCandidateTests } from "../run.ts";

export interface Candidate extends TestedInstance {
  /** What it has written to its log. */
  log: string[];
  close(): Promise<void>;
}

let count = 0;

/** A candidate of one real server on loopback. */
export async function startServer(server: Server): Promise<Candidate> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  count += 1;
  return {
    id: `instance-${count}`,
    host: "127.0.0.1",
    port,
    log: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export const startHttp = (handler: RequestListener): Promise<Candidate> => startServer(createServer(handler));

/** A candidate that speaks whatever it likes. */
export const startTcp = (handler: (socket: Socket) => void): Promise<Candidate> =>
  startServer(createTcpServer(handler));

interface Overrides extends Partial<Omit<CandidateTestRun, "options" | "instances">> {
  signal?: AbortSignal;
  onProgress?: (results: TestResult[]) => void;
}

/** Runs the tests that `options` asks for against the candidates. */
export function testCandidates(
  candidates: readonly Candidate[],
  options: Parameters<typeof testOptionsSchema.parse>[0],
  { signal = new AbortController().signal, onProgress = () => undefined, ...run }: Overrides = {},
): Promise<TestResult[]> {
  const parsed: TestOptions = testOptionsSchema.parse(options);
  return runCandidateTests(
    {
      options: parsed,
      instances: candidates,
      version: { command: ["program"], env: {} },
      logs: async (id) => candidates.find((candidate) => candidate.id === id)?.log.slice(-1_000) ?? [],
      osvFolder: null,
      now: Date.now,
      ...run,
    },
    signal,
    onProgress,
  );
}
