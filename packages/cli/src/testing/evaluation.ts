import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface Question {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** A text is sent as text, anything else as JSON. */
  body?: unknown;
}

export interface Model {
  url: string;
  asked: Question[];
  /** Most questions that waited for an answer at one time. */
  atOnce(): number;
  close(): Promise<void>;
}

/** A real HTTP server that answers questions; null: never. */
export async function startModel(
  answer: (question: Question, count: number) => Reply | null | Promise<Reply | null>,
): Promise<Model> {
  const asked: Question[] = [];
  let open = 0;
  let most = 0;
  const server = createServer(async (request, response) => {
    open += 1;
    most = Math.max(most, open);
    response.on("close", () => {
      open -= 1;
    });
    const question = { path: request.url ?? "", headers: request.headers, body: JSON.parse(await text(request)) };
    asked.push(question);
    const reply = await answer(question, asked.length);
    if (reply === null) return;
    const { status = 200, headers = {}, body = "" } = reply;
    const type = typeof body === "string" ? "text/plain" : "application/json";
    response.writeHead(status, { "content-type": type, ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    atOnce: () => most,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What an OpenAI-compatible API answers. */
export const completion = (content: string): Reply => ({
  body: {
    id: "chatcmpl-1",
    object: "chat.completion",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
  },
});
