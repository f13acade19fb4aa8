import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Asked {
  method: string;
  /** With its query. */
  path: string;
  body: unknown;
  headers: IncomingMessage["headers"];
}

/** A JSON answer with its status, a list of events to stream, or whatever is done by hand. */
export type Answer = { status?: number; json?: unknown; text?: string; events?: readonly { id: string }[] };

/** Answers by `METHOD /path` without the query; a function may look at the question. */
export type Answers = Readonly<Record<string, Answer | ((asked: Asked) => Answer)>>;

export interface TestApi {
  url: string;
  asked: Asked[];
  /** Cuts every connection that is open. */
  breakOff(): void;
  close(): Promise<void>;
}

/** A real HTTP server that answers in the shapes of the API, and keeps what it was asked. */
export async function startApi(answers: Answers): Promise<TestApi> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const question = await read(request);
    asked.push(question);
    const answer = answers[`${question.method} ${question.path.split("?")[0]}`];
    if (answer === undefined) send(response, missing(question));
    else send(response, typeof answer === "function" ? answer(question) : answer, question);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    breakOff: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const problem = (status: number, code: string, detail: string, errors?: object[]): Answer => ({
  status,
  json: { type: `urn:sluice:error:${code}`, title: code, status, code, detail, instance: "urn:uuid:1", errors },
});

const missing = ({ method, path }: Asked): Answer => problem(404, "not_found", `${method} ${path} does not exist`);

async function read(request: IncomingMessage): Promise<Asked> {
  const body = await text(request);
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    body: body === "" ? null : JSON.parse(body),
    headers: request.headers,
  };
}

function send(response: ServerResponse, answer: Answer, asked?: Asked): void {
  if (answer.events !== undefined && asked?.headers.accept?.includes("text/event-stream")) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of answer.events) response.write(`id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`);
    return;
  }
  const json = answer.events === undefined ? answer.json : { items: answer.events, nextCursor: null };
  response.writeHead(answer.status ?? 200, { "content-type": "application/json" });
  response.end(answer.text ?? (json === undefined ? "" : JSON.stringify(json)));
}
