import { createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { selfSigned, startMailServer, type TestMailServer } from "./testing/mail.server.ts";
import {
  degraded,
  type NotificationFixture,
  notificationFixture,
  phaseChange,
} from "./testing/notification.fixture.ts";

let fixture: NotificationFixture;
beforeAll(async () => {
  fixture = await notificationFixture();
  fixture.send();
});
afterAll(() => fixture.close());

const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function mailServer(options: Parameters<typeof startMailServer>[0] = {}): Promise<TestMailServer> {
  const server = await startMailServer(options);
  servers.push(server);
  return server;
}

const email = (name: string, port: number, more: object = {}) =>
  fixture.channel(name, {
    ...{ type: "email", host: "127.0.0.1", port, tls: "none", from: "sluice@example.com", to: ["ops@example.com"] },
    ...{ timeoutSeconds: 1, ...more },
  });

const sendTest = (name: string) => fixture.ask("POST", `/v1/notifications/${name}/test`);
const last = async (name: string) => (await fixture.deliveries(name))[0];

describe("an e-mail channel", () => {
  test("sends alerts to everybody named, as mails of one thread for each incident", async () => {
    const server = await mailServer({ disabledCommands: ["AUTH", "STARTTLS"] });
    await email("mail", server.port, { to: ["ops@example.com", "boss@example.com"] });
    const { deployment, rollout } = await fixture.deployment("mailed");
    await fixture.happen(...degraded(deployment, rollout), phaseChange(deployment, rollout, "monitoring", "completed"));
    await expect.poll(() => server.mails.length).toBe(2);
    const [begun, over] = server.mails;
    expect(begun).toMatchObject({
      subject: "[sluice] mailed 1.1.0 in development: deployment failed",
      from: { address: "sluice@example.com" },
      recipients: ["ops@example.com", "boss@example.com"],
      text: expect.stringMatching(/Trigger: +performance_degradation/),
    });
    expect(over?.subject).toContain("resolved");
    expect(over?.references).toBe(begun?.references);
    const headers = new Map(begun?.headers.map(({ key, value }) => [key, value]));
    expect([headers.get("x-sluice-alert"), headers.get("x-sluice-state")]).toEqual(["deployment_failure", "firing"]);
    const { id } = (await last("mail")) ?? {};
    expect(over?.messageId).toBe(`<${id}@sluice.invalid>`);
  });

  const tls = selfSigned();
  test.skipIf(tls === null)(
    "logs in over STARTTLS, and not to a server that nobody trusts (left out without openssl)",
    async () => {
      const server = await mailServer({ ...tls, password: "correct horse" });
      const login = { tls: "starttls", user: "sluice", password: "correct horse" };
      await email("trusting", server.port, { ...login, rejectUnauthorized: false });
      await sendTest("trusting");
      await expect.poll(() => server.mails).toMatchObject([{ user: "sluice", secure: true }]);
      await email("careful", server.port, login);
      await sendTest("careful");
      await expect
        .poll(async () => (await last("careful"))?.reason)
        .toMatch(/could not be sent .*self-signed certificate/);
      expect(server.mails).toHaveLength(1);
    },
  );

  test.skipIf(tls === null)(
    "speaks TLS from the first byte where that is asked (left out without openssl)",
    async () => {
      const server = await mailServer({ ...tls, secure: true });
      await email("implicit", server.port, { tls: "implicit", rejectUnauthorized: false });
      await sendTest("implicit");
      await expect.poll(() => server.mails).toMatchObject([{ secure: true }]);
    },
  );

  test("insists on STARTTLS: a server without it gets neither mail nor password", async () => {
    const server = await mailServer({ disabledCommands: ["STARTTLS"], password: "correct horse" });
    await email("strict", server.port, { tls: "starttls", user: "sluice", password: "correct horse" });
    await sendTest("strict");
    await expect.poll(async () => (await last("strict"))?.status).toBe("dead");
    expect(server.mails).toEqual([]);
  });

  test("with a wrong password is given up at once, and the password is in no answer", async () => {
    const server = await mailServer({ disabledCommands: ["STARTTLS"], allowInsecureAuth: true, password: "right" });
    await email("locked-out", server.port, { user: "sluice", password: "wrong-horse" });
    await sendTest("locked-out");
    await expect.poll(() => last("locked-out")).toMatchObject({ status: "dead", attempts: 1 });
    const text = JSON.stringify(await fixture.deliveries("locked-out"));
    expect(text).toContain("535");
    expect(text).not.toContain("wrong-horse");
  });

  test("tells for whom a mail was refused when it was not for all", async () => {
    const server = await mailServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      onRcptTo: ({ address }, _session, done) =>
        address.startsWith("nobody")
          ? done(Object.assign(new Error("no such mailbox"), { responseCode: 550 }))
          : done(),
    });
    await email("partly", server.port, { to: ["ops@example.com", "nobody@example.com"] });
    await sendTest("partly");
    await expect
      .poll(() => last("partly"))
      .toMatchObject({
        status: "delivered",
        reason: "accepted for ops@example.com, but not for nobody@example.com",
      });
    await email("in-vain", server.port, { to: ["nobody@example.com"] });
    await sendTest("in-vain");
    await expect.poll(() => last("in-vain")).toMatchObject({ status: "dead", attempts: 1 });
  });

  test("tries a server that is busy again, under the same message id", async () => {
    let refusals = 2;
    const server = await mailServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      onMailFrom: (_address, _session, done) => {
        refusals -= 1;
        if (refusals < 0) done();
        else done(Object.assign(new Error("try again later"), { responseCode: 451 }));
      },
    });
    await email("busy", server.port);
    await sendTest("busy");
    await expect.poll(() => last("busy")).toMatchObject({ status: "delivered", attempts: 3 });
    expect(server.mails).toHaveLength(1);
  });

  test("waits for a server that says nothing no longer than its time", async () => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    servers.push({
      close: () =>
        new Promise((resolve) => {
          for (const socket of sockets) socket.destroy();
          mute.close(() => resolve());
        }),
    });
    const address = mute.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await email("mute", address.port, { timeoutSeconds: 0.3 });
    await sendTest("mute");
    await expect.poll(() => last("mute")).toMatchObject({ status: "dead", attempts: 4 });
    expect((await last("mute"))?.reason).toMatch(/not accepted within 0.3 s|could not be sent \(ETIMEDOUT\)/);
  });
});
