import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { openFront } from "./front.ts";
import { freePort } from "./http.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/** A collector's intake that does with each message in turn what it is told, the last again and again; and its front. */
async function standing(...fates: ("answers" | "ends" | "breaks off")[]) {
  let messages = 0;
  const intake = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const fate = fates[Math.min(messages, fates.length - 1)];
      messages += 1;
      if (fate === "answers") socket.write(OK);
      else if (fate === "ends") socket.resetAndDestroy();
      else socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{");
    });
  });
  await new Promise<void>((resolve) => intake.listen(0, "127.0.0.1", resolve));
  const address = intake.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const front = await openFront({
    ...{ host: "127.0.0.1", port: await freePort(), intakePort: address.port },
    ...{ ailment: () => null, figures: () => ({}), output: () => "" },
  });
  onTestFinished(async () => {
    await front.close();
    intake.close();
  });
  const send = async (): Promise<number> => {
    const body = JSON.stringify({ resourceMetrics: [] });
    const answer = await fetch(`http://127.0.0.1:${front.port}/v1/metrics`, { method: "POST", body });
    await answer.arrayBuffer();
    return answer.status;
  };
  return { send, seen: () => messages };
}

test("a message whose connection ends unanswered, as a collector begins anew, is sent again", async () => {
  const { send, seen } = await standing("answers", "ends", "ends", "answers");
  expect([await send(), await send()]).toEqual([200, 200]);
  expect(seen()).toBe(4);
});

test("a message whose answer breaks off is not sent twice: it was taken", async () => {
  const { send, seen } = await standing("breaks off");
  expect(await send()).toBe(503);
  expect(seen()).toBe(1);
});
