import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { ApiError } from "./api-error.ts";
import { createClient } from "./client.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A server that answers the nth request with the nth handler (the last one again and again). */
async function serve(...handlers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const resumedFrom: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    resumedFrom.push(request.headers["last-event-id"]?.toString());
    handlers[Math.min(resumedFrom.length, handlers.length) - 1]?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { client: createClient({ url: `http://127.0.0.1:${port}` }), resumedFrom };
}

const message = (id: number) => `id: ${id}\ndata: {"id":"${id}"}\n\n`;
const open = (response: ServerResponse) => response.writeHead(200, { "content-type": "text/event-stream" });

test("goes on after the last event when the connection breaks in the middle of the next", async () => {
  const { client, resumedFrom } = await serve(
    (_, response) => {
      open(response).write(`${message(1)}${message(2)}id: 3\nda`);
      setImmediate(() => response.destroy());
    },
    (_, response) => response.writeHead(503).end(),
    (_, response) => open(response).write(message(3)),
  );
  const ids: string[] = [];
  for await (const event of client.events()) {
    ids.push(event.id);
    if (event.id === "3") break;
  }
  expect(ids).toEqual(["1", "2", "3"]);
  expect(resumedFrom).toEqual([undefined, "2", "2"]);
});

test("begins after the event it is given", async () => {
  const { client, resumedFrom } = await serve((_, response) => open(response).end(message(8)));
  const stream = client.events({ rollout: "rol_1", lastEventId: "7", reconnect: false });
  expect((await Array.fromAsync(stream)).map((event) => event.id)).toEqual(["8"]);
  expect(resumedFrom).toEqual(["7"]);
});

test("ends without an error when it is told to", async () => {
  const stop = new AbortController();
  const { client } = await serve((_, response) => open(response).write(message(1)));
  const ids: string[] = [];
  for await (const event of client.events({ signal: stop.signal })) {
    ids.push(event.id);
    stop.abort();
  }
  expect(ids).toEqual(["1"]);
});

test("does not try again what is refused for good", async () => {
  const { client, resumedFrom } = await serve((_, response) => response.writeHead(404).end());
  await expect(client.events({ rollout: "rol_none" }).next()).rejects.toBeInstanceOf(ApiError);
  expect(resumedFrom).toHaveLength(1);
});

describe("a stream that brings nothing and does not end", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");

  test.each([
    ["before its answer", () => undefined],
    ["within its answer", (response: ServerResponse) => open(response).flushHeaders()],
  ])("is ended %s, and its connection closed, after garbage was collected", async (_, answer) => {
    const asked = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const { client } = await serve((_request, response) => {
      response.on("close", closed.resolve);
      answer(response);
      asked.resolve();
    });
    const stop = new AbortController();
    const reading = Array.fromAsync(client.events({ signal: AbortSignal.any([stop.signal]) }));
    await asked.promise;
    // The answer has to get through to the client first; each turn of the loop lets go of what the last one held.
    for (let turn = 0; turn < 10; turn++) {
      await new Promise(setImmediate);
      collectGarbage();
    }
    stop.abort();
    expect(await reading).toEqual([]);
    await closed.promise;
  });

  test("is ended though the transport does not hear of it", async () => {
    const stop = new AbortController();
    const silent = new ReadableStream({ cancel: () => new Promise(() => undefined) });
    const fetch = async () => new Response(silent, { headers: { "content-type": "text/event-stream" } });
    const client = createClient({ url: "http://127.0.0.1:1", fetch });
    const reading = Array.fromAsync(client.events({ signal: stop.signal }));
    await new Promise(setImmediate);
    stop.abort();
    expect(await reading).toEqual([]);
  });
});

test("says when it is there and when it is not, once for each time", async () => {
  const { client } = await serve(
    (_, response) => {
      open(response).write(message(1));
      setImmediate(() => response.destroy());
    },
    (_, response) => response.writeHead(503).end(),
    (_, response) => open(response).write(message(2)),
  );
  const states: string[] = [];
  for await (const event of client.events({ onState: (state) => states.push(state) })) {
    states.push(event.id);
    if (event.id === "2") break;
  }
  expect(states).toEqual(["open", "1", "lost", "lost", "open", "2"]);
});

test("nobody is told of a loss that was asked for", async () => {
  const stop = new AbortController();
  const { client } = await serve((_, response) => open(response).write(message(1)));
  const states: string[] = [];
  const onState = (state: string) => states.push(state);
  for await (const _event of client.events({ signal: stop.signal, onState })) stop.abort();
  expect(states).toEqual(["open"]);
});

test("a server that keeps silent for too long counts as lost, and is asked for what came after", async () => {
  const { client, resumedFrom } = await serve(
    (_, response) => open(response).write(message(1)),
    (_, response) => open(response).write(message(2)),
  );
  const states: string[] = [];
  for await (const event of client.events({ silenceMs: 150, onState: (state) => states.push(state) })) {
    if (event.id === "2") break;
  }
  expect(states).toEqual(["open", "lost", "open"]);
  expect(resumedFrom).toEqual([undefined, "1"]);
});

test("a comment now and then is no silence", async () => {
  let beats = 0;
  const { client, resumedFrom } = await serve((_, response) => {
    open(response).write(": connected\n\n");
    const heart = setInterval(() => {
      beats += 1;
      response.write(beats < 25 ? ": still here\n\n" : message(1));
    }, 100);
    response.on("close", () => clearInterval(heart));
  });
  const ids: string[] = [];
  // So many beats take longer than the silence that is allowed.
  for await (const event of client.events({ silenceMs: 2_000 })) {
    ids.push(event.id);
    break;
  }
  expect([ids, resumedFrom]).toEqual([["1"], [undefined]]);
});
