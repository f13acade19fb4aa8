import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  degraded,
  type NotificationFixture,
  notificationFixture,
  phaseChange,
} from "./testing/notification.fixture.ts";
import { answering, type TestReceiver } from "./testing/receiver.ts";

let fixture: NotificationFixture;
beforeAll(async () => {
  fixture = await notificationFixture();
});
afterAll(() => fixture.close());

let stop: () => Promise<void> = async () => undefined;
afterEach(() => stop());

const types = ({ received }: TestReceiver): unknown[] => received.map(({ body }) => body.type);
const until = (receiver: TestReceiver, count: number) => expect.poll(() => receiver.received.length).toBe(count);
const status = async (channel: string): Promise<string | undefined> => (await fixture.deliveries(channel))[0]?.status;

describe("a webhook channel", () => {
  test("gets a signed CloudEvent for each alert that it hears, and for none that it does not", async () => {
    const receiver = await fixture.receiver();
    const { id, secret = "" } = await fixture.channel("signed", { url: receiver.url, headers: { "x-team": "blue" } });
    stop = fixture.send();
    const { deployment, rollout } = await fixture.deployment("signed-app");
    await fixture.happen(...degraded(deployment, rollout));
    await until(receiver, 1);
    const [message] = receiver.received;
    expect(message?.headers).toMatchObject({
      "content-type": "application/cloudevents+json",
      "x-team": "blue",
      "webhook-id": expect.stringMatching(/^dlv_/),
    });
    const headers = Object.fromEntries(
      Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(new Webhook(secret).verify(message?.text ?? "", headers)).toMatchObject({
      specversion: "1.0",
      id: message?.headers["webhook-id"],
      source: "urn:sluice:project:default",
      type: "sluice.alert.firing",
      subject: deployment,
      data: {
        alert: "deployment_failure",
        state: "firing",
        severity: "critical",
        deployment: { id: deployment, name: "signed-app" },
        environment: "development",
        rollout,
        toVersion: "1.1.0",
      },
    });
    const another = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
    expect(() => new Webhook(another).verify(message?.text ?? "", headers)).toThrow("No matching signature");
    await expect
      .poll(() => fixture.deliveries(id))
      .toMatchObject([{ status: "delivered", attempts: 1, reason: "answered 204" }]);
  });

  test("creates an incident and resolves it: one message for each, under one incident id", async () => {
    const receiver = await fixture.receiver();
    await fixture.channel("incidents", {
      url: receiver.url,
      alerts: { performance_degradation: {}, deployment_failure: {} },
    });
    stop = fixture.send();
    const { deployment, rollout } = await fixture.deployment("incident-app");
    const [begun = {}, over = {}] = degraded(deployment, rollout);
    // Seen again and again while it goes on.
    await fixture.happen(begun, begun, begun, over);
    await until(receiver, 3);
    await fixture.happen(phaseChange(deployment, rollout, "monitoring", "completed"));
    await until(receiver, 4);
    const told = receiver.received.map(({ body }) => {
      const { alert, state, incident } = body.data as Record<string, string>;
      return { alert, state, incident };
    });
    expect(told.map(({ alert, state }) => `${state} ${alert}`)).toEqual([
      "firing performance_degradation",
      "resolved performance_degradation",
      "firing deployment_failure",
      "resolved deployment_failure",
    ]);
    expect(told[0]?.incident).toBe(told[1]?.incident);
    expect(told[2]?.incident).toBe(told[3]?.incident);
    expect(told[0]?.incident).not.toBe(told[2]?.incident);
  });

  test("hears only what its filter lets through, and nothing from before it was made", async () => {
    const receiver = await fixture.receiver();
    const { deployment, rollout } = await fixture.deployment("filtered-app");
    await fixture.happen(...degraded(deployment, rollout));
    await fixture.channel("elsewhere", { url: receiver.url, filter: { environment: "production" } });
    await fixture.channel("another-app", { url: receiver.url, filter: { deployment: "signed-app" } });
    await fixture.channel("other-kinds", { url: receiver.url, filter: { kind: "agent" } });
    const { id } = await fixture.channel("here", {
      url: receiver.url,
      filter: { environment: "development", artifact: "greeter", kind: "application", deployment: "filtered-app" },
    });
    stop = fixture.send();
    const next = await fixture.deployment("filtered-too");
    await fixture.happen(...degraded(next.deployment, next.rollout), ...degraded(deployment, rollout));
    await until(receiver, 1);
    expect(receiver.received[0]?.body.subject).toBe(deployment);
    await expect.poll(() => status(id)).toBe("delivered");
    expect(receiver.received).toHaveLength(1);
  });

  test("of a deployment that flaps hears no storm: what is above its limit is held back, and counted", async () => {
    const receiver = await fixture.receiver();
    const { id } = await fixture.channel("calm", { url: receiver.url, limit: { messages: 3, perSeconds: 600 } });
    stop = fixture.send();
    const { deployment } = await fixture.deployment("flapping");
    const failures = Array.from({ length: 20 }, (_, index) =>
      phaseChange(deployment, `rol_${index}`, "validating", "failed"),
    );
    await fixture.happen(...failures, phaseChange(deployment, "rol_good", "monitoring", "completed"));
    await until(receiver, 4);
    expect(types(receiver)).toEqual([...Array(3).fill("sluice.alert.firing"), "sluice.alert.resolved"]);
    expect(receiver.received.at(-1)?.body.data).toMatchObject({ heldBack: 17 });
    const held = (await fixture.deliveries(id)).filter((delivery) => delivery.status === "held_back");
    expect(held).toHaveLength(17);
    expect(held[0]?.reason).toContain("more than 3 messages in 600 s about flapping");
  });
});

describe("a receiver that", () => {
  /** What becomes of two messages, the first of which meets these answers. */
  async function meets(name: string, ...answers: Parameters<TestReceiver["answers"]>) {
    const receiver = await fixture.receiver();
    const { id } = await fixture.channel(name, { url: `${receiver.url}?key=very-secret`, timeoutSeconds: 0.5 });
    receiver.answers(...answers);
    stop = fixture.send();
    await fixture.ask("POST", `/v1/notifications/${name}/test`);
    await fixture.ask("POST", `/v1/notifications/${name}/test`);
    return { receiver, id, ended: async () => (await fixture.deliveries(id)).map((one) => one.status).toReversed() };
  }
  const ids = ({ received }: TestReceiver) => received.map(({ headers }) => headers["webhook-id"]);

  test.each([500, 503, 429, 408])(
    "answers %i is asked again under the same id, and later messages wait their turn",
    async (code) => {
      const { receiver, ended } = await meets(`passing-${code}`, answering(code), answering(code));
      await expect.poll(ended).toEqual(["delivered", "delivered"]);
      const [first, second, third, fourth] = ids(receiver);
      expect([second, third]).toEqual([first, first]);
      expect(fourth).not.toBe(first);
    },
  );

  test("asks for patience gets it", async () => {
    const { receiver, id } = await meets("patient", answering(429, { "retry-after": "600" }, "slow down"));
    await until(receiver, 1);
    await expect
      .poll(async () => (await fixture.deliveries(id)).at(-1))
      .toMatchObject({ status: "pending", attempts: 1 });
    const waiting = (await fixture.deliveries(id)).at(-1);
    expect(Date.parse(waiting?.nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(500_000);
    expect(waiting?.reason).toBe("answered 429: slow down");
  });

  test.each([400, 401, 404])("refuses with %i is not asked the same again, and gets the next", async (code) => {
    const { receiver, ended } = await meets(`refusing-${code}`, answering(code, {}, "no such thing"));
    await expect.poll(ended).toEqual(["dead", "delivered"]);
    expect(receiver.received).toHaveLength(2);
  });

  test("redirects is not followed", async () => {
    const elsewhere = await fixture.receiver();
    const { id, ended } = await meets("redirecting", answering(307, { location: elsewhere.url }));
    await expect.poll(ended).toEqual(["dead", "delivered"]);
    expect(elsewhere.received).toEqual([]);
    expect((await fixture.deliveries(id)).at(-1)?.reason).toBe("answered 307; redirections are not followed");
  });

  test("is gone is switched off, with the reason, until somebody switches it on", async () => {
    const { receiver, id } = await meets("gone", answering(410));
    await expect
      .poll(async () => (await fixture.ask("GET", `/v1/notifications/${id}`)).body)
      .toMatchObject({ enabled: false, disabledReason: "answered 410" });
    expect(receiver.received).toHaveLength(1);
    expect(await fixture.ask("POST", `/v1/notifications/${id}/test`)).toMatchObject({
      status: 409,
      body: { code: "failed_precondition" },
    });
    const { body } = await fixture.ask("GET", `/v1/notifications/${id}`);
    const on = await fixture.ask("PUT", `/v1/notifications/${id}`, { body: { ...(body as object), enabled: true } });
    expect(on).toMatchObject({ status: 200, body: { enabled: true, disabledReason: null } });
    // What had waited goes now.
    await until(receiver, 2);
  });

  test("hangs, resets or breaks off is asked again", async () => {
    const { receiver, ended } = await meets(
      "broken",
      () => undefined,
      (response) => response.socket?.resetAndDestroy(),
      (response) => {
        response.writeHead(500, { "content-length": "1000" }).write("I was about to say");
        response.socket?.destroy();
      },
    );
    await expect.poll(ended).toEqual(["delivered", "delivered"]);
    expect(new Set(ids(receiver).slice(0, 4)).size).toBe(1);
  });

  test("answers without end has been heard: its status counts, and the rest is not read", async () => {
    const endless = (code: number) => (response: Parameters<ReturnType<typeof answering>>[0]) => {
      response.writeHead(code);
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536, "x")));
      };
      response.on("drain", more);
      more();
    };
    const { id, ended } = await meets("endless", endless(200), endless(400));
    await expect.poll(ended).toEqual(["delivered", "dead"]);
    expect((await fixture.deliveries(id))[0]?.reason).toMatch(/^answered 400: x{200}…$/);
  });

  test("never works is given up, can be read about, and gets the message by hand, under its id", async () => {
    const { receiver, id } = await meets("hopeless", ...Array(4).fill(answering(500, {}, "key=very-secret is wrong")));
    await expect.poll(async () => (await fixture.deliveries(id)).at(-1)?.status).toBe("dead");
    const dead = (await fixture.deliveries(id)).at(-1);
    // Three delays, four attempts. What the receiver repeated of the address is not repeated here.
    expect(dead).toMatchObject({ attempts: 4, reason: expect.stringMatching(/^answered 500: .*is wrong$/) });
    expect(dead?.reason).not.toContain("very-secret");
    const list = await fixture.ask("GET", `/v1/notifications/${id}/deliveries?status=dead`);
    expect(list.body).toMatchObject({ items: [{ id: dead?.id }] });
    const again = await fixture.ask("POST", `/v1/notifications/${id}/deliveries/${dead?.id}/redeliver`);
    expect(again).toMatchObject({ status: 202, body: { id: dead?.id, status: "pending" } });
    await expect
      .poll(async () => (await fixture.deliveries(id)).map((one) => one.status))
      .toEqual(["delivered", "delivered"]);
    expect(ids(receiver).filter((one) => one === dead?.id)).toHaveLength(5);
  });

  test("fails holds up its own messages alone", async () => {
    const slow = await fixture.receiver();
    slow.answers(...Array(50).fill(() => undefined));
    await fixture.channel("slow", { url: slow.url, timeoutSeconds: 60 });
    const { receiver, ended } = await meets("quick");
    await fixture.ask("POST", "/v1/notifications/slow/test");
    await until(slow, 1);
    await fixture.ask("POST", "/v1/notifications/quick/test");
    await expect.poll(ended).toEqual(Array(3).fill("delivered"));
    expect(receiver.received).toHaveLength(3);
  });
});

test("of several servers one sends to a receiver at a time: nothing comes twice, and all in order", async () => {
  const receiver = await fixture.receiver();
  const { id } = await fixture.channel("crowded", {
    url: receiver.url,
    alerts: { deployment_started: {} },
    limit: { messages: 1_000, perSeconds: 1 },
  });
  const stops = Array.from({ length: 4 }, () => fixture.send());
  stop = async () => {
    await Promise.all(stops.map((one) => one()));
  };
  const { deployment, rollout } = await fixture.deployment("crowded-app");
  const count = 60;
  for (let index = 0; index < count; index += 1) {
    await fixture.happen({ deployment, rollout, type: "rollout.created", message: `number ${index}` });
  }
  await until(receiver, count);
  const messages = receiver.received.map(({ body }) => (body.data as { message: string }).message);
  expect(messages).toEqual(Array.from({ length: count }, (_, index) => `number ${index}`));
  await expect
    .poll(async () => new Set((await fixture.deliveries(id)).map((one) => one.status)))
    .toEqual(new Set(["delivered"]));
  expect(receiver.received).toHaveLength(count);
});

test("another signing key works at once, and the one before for a day", async () => {
  const receiver = await fixture.receiver();
  const { id, secret: old = "" } = await fixture.channel("rotated", { url: receiver.url });
  const rotated = await fixture.ask("POST", `/v1/notifications/${id}/rotate`);
  const { secret } = rotated.body as { secret: string };
  expect(rotated.status).toBe(200);
  expect(secret).not.toBe(old);
  let later = 0;
  stop = fixture.send({ now: () => Date.now() + later });
  await fixture.ask("POST", `/v1/notifications/${id}/test`);
  await until(receiver, 1);
  const signatures = (index: number) => String(receiver.received[index]?.headers["webhook-signature"]).split(" ");
  const message = receiver.received[0];
  const headers = Object.fromEntries(
    Object.entries(message?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  for (const key of [secret, old]) expect(() => new Webhook(key).verify(message?.text ?? "", headers)).not.toThrow();
  later = 86_400_001;
  await fixture.ask("POST", `/v1/notifications/${id}/test`);
  await until(receiver, 2);
  expect([signatures(0).length, signatures(1).length]).toEqual([2, 1]);
});
