import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mailOf } from "./message.mail.ts";
import { SLACK_LIMITS, slackMessageOf } from "./message.slack.ts";
import { cloudEventOf } from "./message.ts";
import { type Notice, noticeOf } from "./notice.ts";

const notice = (more: Partial<Notice> = {}): Notice =>
  noticeOf({
    alert: "performance_degradation",
    state: "firing",
    incident: "inc_1",
    message: "p95 2.31 s",
    project: "default",
    environment: "production",
    deployment: { id: "dep_1", name: "greeter" },
    artifact: "greeter",
    kind: "agent",
    rollout: null,
    fromVersion: null,
    toVersion: "1.1.0",
    trigger: null,
    threshold: "response_time > 2.0s",
    observed: "2.31 s",
    heldBack: 0,
    event: { id: "1-2", type: "deployment.threshold.breached" },
    at: "2026-11-21T10:00:00.000Z",
    ...more,
  });

test("a notice says in one line what happened where, and that an end is good news", () => {
  expect(notice()).toMatchObject({ summary: "greeter 1.1.0 in production: performance degraded", severity: "warning" });
  expect(notice({ state: "resolved" })).toMatchObject({
    summary: "greeter 1.1.0 in production: resolved (performance degraded)",
    severity: "info",
  });
});

test("a webhook gets a CloudEvent, with the id of its delivery and the deployment as its subject", () => {
  expect(cloudEventOf("dlv_1", { kind: "notice", notice: notice() })).toEqual({
    specversion: "1.0",
    id: "dlv_1",
    source: "urn:sluice:project:default",
    type: "sluice.alert.firing",
    subject: "dep_1",
    time: "2026-11-21T10:00:00.000Z",
    datacontenttype: "application/json",
    data: notice(),
  });
});

describe("a message to Slack", () => {
  test("mentions nobody and links to nothing, whatever a program said", () => {
    const { text, blocks } = slackMessageOf(notice({ message: "<!channel> & <https://evil.example|click>" }));
    expect(text).toContain("&lt;!channel&gt; &amp;");
    expect(JSON.stringify(blocks.slice(1))).not.toMatch(/<[!h@#]/);
  });

  test("keeps within the limits of Slack, whatever is in it", () => {
    const long = fc.string({ unit: fc.constantFrom("a", "&", "<", "\n", "😀"), maxLength: 4_000 });
    fc.assert(
      fc.property(long, long, (message, trigger) => {
        const { text, blocks } = slackMessageOf(notice({ message, trigger, threshold: message }));
        expect(text.length).toBeLessThanOrEqual(SLACK_LIMITS.section);
        for (const block of blocks) {
          if (block.type === "header") expect(block.text.text.length).toBeLessThanOrEqual(SLACK_LIMITS.header);
          const texts = "fields" in block ? block.fields : "elements" in block ? block.elements : [block.text];
          expect(texts.length).toBeLessThanOrEqual(SLACK_LIMITS.fields);
          for (const { text: one } of texts) {
            expect(one.length).toBeGreaterThan(0);
            expect(one.length).toBeLessThanOrEqual("fields" in block ? SLACK_LIMITS.field : SLACK_LIMITS.section);
            expect(one.isWellFormed()).toBe(true);
          }
        }
      }),
    );
  });
});

test("a mail has one id for every repetition, one thread for each incident, and no second header", () => {
  const mail = mailOf("dlv_1", { ...notice(), summary: "greeter\r\nBcc: everybody@example.com" });
  expect(mail.subject).toBe("[sluice] greeter Bcc: everybody@example.com");
  expect(mail).toMatchObject({ messageId: "<dlv_1@sluice.invalid>", references: "<inc_1@sluice.invalid>" });
  expect(mail.text).toContain("Observed:    2.31 s");
});
