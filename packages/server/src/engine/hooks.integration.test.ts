import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Engine } from "./engine.ts";
import { type EngineFixture, engineFixture } from "./testing/engine.fixture.ts";

interface Received {
  id: string | string[] | undefined;
  timestamp: string | string[] | undefined;
  body: unknown;
}

let fixture: EngineFixture;
let engines: Engine[] = [];
let server: Server;
let received: Received[];
let answer: (response: ServerResponse) => void;
let url: string;

async function listen(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { "webhook-id": id, "webhook-timestamp": timestamp } = request.headers;
  received.push({ id, timestamp, body: JSON.parse(Buffer.concat(chunks).toString()) });
  answer(response);
}

beforeEach(async () => {
  fixture = await engineFixture();
  received = [];
  answer = (response) => response.end("go on");
  server = createServer((request, response) => void listen(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  url = `http://127.0.0.1:${address.port}/hook`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
  await fixture.close();
});

async function start(): Promise<Engine> {
  const engine = await fixture.start();
  engines.push(engine);
  return engine;
}

/** A canary at 10 % that calls the hook, on a deployment whose revision 1 serves. */
async function hooked(timeoutSeconds = 10): Promise<{ deployment: string; rollout: string }> {
  const deployment = await fixture.deploy("greeter");
  await fixture.ended(await fixture.rollout(deployment, "1.0.0", { type: "immediate" }));
  const steps = [{ setWeight: 10 }, { hook: { url, timeoutSeconds } }];
  return { deployment, rollout: await fixture.rollout(deployment, "1.1.0", { type: "canary", steps }) };
}

describe("a hook step", () => {
  test("posts rollout, step and weight once, and goes on after 2xx", async () => {
    await start();
    const { deployment, rollout } = await hooked();
    expect((await fixture.ended(rollout)).phase).toBe("completed");
    expect(received).toHaveLength(1);
    expect(received[0]?.body).toEqual({ rollout, deployment, step: 1, weight: 10 });
    expect(received[0]?.id).toMatch(/^msg_[0-9a-f]{32}$/);
    expect(Number(received[0]?.timestamp)).toBeGreaterThan(1_700_000_000);
  });

  test("rolls back after anything else, with the answer's status and beginning", async () => {
    answer = (response) => {
      response.statusCode = 409;
      response.end(`not now ${"!".repeat(1_000)}`);
    };
    await start();
    const ended = await fixture.ended((await hooked()).rollout);
    expect(ended.phase).toBe("rolled_back");
    expect(ended.reason).toMatch(/hook of step 2 failed: answered 409: not now !+$/);
    expect(ended.reason?.length).toBeLessThan(300);
  });

  test("rolls back when nobody answers in time", async () => {
    answer = () => undefined;
    await start();
    const ended = await fixture.ended((await hooked(1)).rollout);
    expect(ended).toMatchObject({ phase: "rolled_back", reason: expect.stringContaining("no answer within 1 s") });
  });

  test("does not read an answer without end", async () => {
    answer = (response) => {
      const chunk = Buffer.alloc(65_536, "x");
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once("drain", more);
      };
      more();
    };
    await start();
    const ended = await fixture.ended((await hooked()).rollout);
    expect(ended.phase).toBe("rolled_back");
    expect(ended.reason).toContain("longer than the 65536 bytes that are read, so the connection was closed");
  });

  // edge case 38
  test("is called again under the same id when its server died before the answer, and never after it", async () => {
    let silent = true;
    answer = (response) => {
      if (!silent) response.end();
    };
    const first = await start();
    const { rollout } = await hooked();
    await expect.poll(() => received.length).toBe(1);
    await first.close();
    engines = [];
    silent = false;
    await start();
    expect((await fixture.ended(rollout)).phase).toBe("completed");
    expect(received).toHaveLength(2);
    expect(received[1]?.id).toBe(received[0]?.id);
  });
});
