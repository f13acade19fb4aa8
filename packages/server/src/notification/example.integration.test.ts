import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type NotificationFixture, notificationFixture } from "./testing/notification.fixture.ts";

let fixture: NotificationFixture;
let child: ChildProcess | null = null;
beforeAll(async () => {
  fixture = await notificationFixture();
  fixture.send();
});
afterAll(async () => {
  child?.kill();
  await fixture.close();
});

test("the receiver of the examples takes what is signed with its key, and nothing else", async () => {
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  child = spawn(process.execPath, ["examples/notifications/receiver.mjs"], { env: { SECRET: secret, PORT: "0" } });
  let output = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  await expect.poll(() => output).toMatch(/listening on http:\S+\n/);
  const url = /listening on (\S+)/.exec(output)?.[1];
  await fixture.channel("right-key", { url, secret });
  await fixture.channel("another-key", { url });
  for (const name of ["right-key", "another-key"]) await fixture.ask("POST", `/v1/notifications/${name}/test`);
  await expect.poll(() => fixture.deliveries("right-key")).toMatchObject([{ status: "delivered" }]);
  await expect
    .poll(() => fixture.deliveries("another-key"))
    .toMatchObject([{ status: "dead", reason: "answered 401: the signature is not right" }]);
  expect(output.match(/sluice\.alert\.test: /g)).toHaveLength(1);
});
