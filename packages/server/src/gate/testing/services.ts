import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from "@grpc/grpc-js";
import { evalService, type GetEvaluationResponse } from "../../evaluation/eval.proto.ts";
import type { EvaluationQuestion } from "../../evaluation/evaluation.source.ts";

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: unknown;
}

export interface TestService {
  url: string;
  /** Every question, in order. */
  asked: Asked[];
  close(): Promise<void>;
}

/** A service of somebody else's: a real HTTP server that answers as the test says. */
export async function startService(answer: (response: ServerResponse, asked: Asked) => void): Promise<TestService> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request).catch(() => "");
    const { method = "", url = "", headers } = request;
    const question = { method, path: url, headers, body: body === "" ? null : JSON.parse(body) };
    asked.push(question);
    answer(response, question);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const json = (response: ServerResponse, value: unknown, status = 200): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
};

/** Bytes without end, as fast as they are taken. */
export function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, "x");
  response.writeHead(200, { "content-type": "application/json" });
  const pour = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", pour);
  pour();
}

type Call = ServerUnaryCall<EvaluationQuestion, GetEvaluationResponse>;

/** A real server of proto/eval.v1.proto. */
export async function startGrpcService(
  answer: (call: Call, reply: sendUnaryData<GetEvaluationResponse>) => void,
): Promise<{ address: string; close(): void }> {
  const server = new Server();
  server.addService(evalService(), { GetEvaluation: answer });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { address: `grpc://127.0.0.1:${port}`, close: () => server.forceShutdown() };
}
