import { SLACK_LIMITS } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { degraded, type NotificationFixture, notificationFixture } from "./testing/notification.fixture.ts";
import { answering } from "./testing/receiver.ts";

let fixture: NotificationFixture;
beforeAll(async () => {
  fixture = await notificationFixture();
  fixture.send();
});
afterAll(() => fixture.close());

const text = (max: number, type: "plain_text" | "mrkdwn") =>
  z.strictObject({ type: z.literal(type), text: z.string().min(1).max(max) });

/** What an incoming webhook of Slack takes, as its documentation says: anything else is `invalid_payload`. */
const payload = z.strictObject({
  text: z.string().min(1),
  blocks: z
    .array(
      z.union([
        z.strictObject({ type: z.literal("header"), text: text(SLACK_LIMITS.header, "plain_text") }),
        z.strictObject({ type: z.literal("section"), text: text(SLACK_LIMITS.section, "mrkdwn") }),
        z.strictObject({
          type: z.literal("section"),
          fields: z.array(text(SLACK_LIMITS.field, "mrkdwn")).min(1).max(SLACK_LIMITS.fields),
        }),
        z.strictObject({
          type: z.literal("context"),
          elements: z.array(text(SLACK_LIMITS.context, "mrkdwn")).min(1).max(10),
        }),
      ]),
    )
    .max(50),
});

test("a Slack channel sends what an incoming webhook of Slack takes, alerts and tests alike", async () => {
  const receiver = await fixture.receiver();
  receiver.answers(answering(200, { "content-type": "text/html" }, "ok"));
  const { id } = await fixture.channel("team", {
    type: "slack",
    url: receiver.url,
    alerts: { performance_degradation: {} },
  });
  const { deployment, rollout } = await fixture.deployment("slacked");
  const [begun = {}] = degraded(deployment, rollout);
  await fixture.happen({ ...begun, message: `<!channel> & ${"x".repeat(5_000)}` });
  await expect.poll(() => receiver.received.length).toBe(1);
  await fixture.ask("POST", `/v1/notifications/${id}/test`);
  await expect.poll(() => receiver.received.length).toBe(2);
  for (const { body, headers } of receiver.received) {
    expect(payload.safeParse(body).error).toBeUndefined();
    expect(headers["content-type"]).toContain("application/json");
  }
  expect(receiver.received[0]?.body.text).toMatch(
    /^🟠 slacked 1\.1\.0 in development: performance degraded\n&lt;!channel&gt;/,
  );
});

test("whoever reads a Slack channel does not learn how to write there", async () => {
  const receiver = await fixture.receiver();
  receiver.answers(answering(404, {}, "no_service at /hooks/sluice"));
  const { id } = await fixture.channel("secret-place", { type: "slack", url: receiver.url });
  await fixture.ask("POST", `/v1/notifications/${id}/test`);
  await expect.poll(() => fixture.deliveries(id)).toMatchObject([{ status: "dead" }]);
  const read = await fixture.ask("GET", `/v1/notifications/${id}`);
  expect(read.body).toMatchObject({ url: `${new URL(receiver.url).origin}/(not shown)` });
  const audit = await fixture.ask("GET", "/v1/audit?limit=200");
  const events = await fixture.ask("GET", "/v1/events?limit=200", { headers: { accept: "application/json" } });
  const deliveries = await fixture.ask("GET", `/v1/notifications/${id}/deliveries`);
  for (const answer of [read, audit, events, deliveries]) expect(answer.text).not.toContain("/hooks/sluice");
  // What was read may be put back, and still goes to the same place.
  const put = await fixture.ask("PUT", `/v1/notifications/${id}`, {
    body: { ...(read.body as object), timeoutSeconds: 5 },
  });
  expect(put).toMatchObject({ status: 200, body: { timeoutSeconds: 5 } });
  await fixture.ask("POST", `/v1/notifications/${id}/test`);
  await expect.poll(() => receiver.received.length).toBe(2);
});
