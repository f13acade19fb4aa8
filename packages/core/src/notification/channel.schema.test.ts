import { describe, expect, test } from "vitest";
import { parseField } from "../validate.ts";
import { channelSchema, concerns, signingSecretSchema } from "./channel.schema.ts";

const email = { type: "email", host: "mail.example.com", from: "sluice@example.com", to: ["ops@example.com"] };

describe("a channel", () => {
  test("without more hears of failed deployments, wherever they are", () => {
    expect(channelSchema.parse({ type: "slack", url: "https://hooks.slack.example/T/B/x" })).toMatchObject({
      enabled: true,
      alerts: { deployment_failure: { enabled: true, threshold: "any_failure" } },
      filter: { environment: null, artifact: null, kind: null, deployment: null },
      limit: { messages: 10, perSeconds: 600 },
    });
  });

  test("takes the alerts of the document as they are printed", () => {
    const alerts = {
      deployment_failure: { enabled: true, threshold: "any_failure" },
      performance_degradation: { enabled: true, threshold: "response_time > 2.0s" },
      resource_exhaustion: { enabled: true, threshold: "cpu_usage > 90%" },
    };
    expect(channelSchema.parse({ ...email, alerts })).toMatchObject({ alerts });
  });

  test.each([
    [{ ...email, alerts: { fire: {} } }, "alerts.fire", "one of deployment_failure, health_check_failure"],
    [{ ...email, alerts: {} }, "alerts", "at least one of deployment_failure"],
    [{ ...email, alerts: { no_data: { threshold: "cpu_usage > 1%" } } }, "alerts.no_data.threshold", "any_failure"],
    [{ ...email, user: "ops" }, "password", "both `user` and `password`"],
    [
      { ...email, user: "ops", password: "x", tls: "none" },
      "tls",
      "a password goes in clear text to this machine only",
    ],
    [{ ...email, to: [] }, "to", "at least 1 entry"],
    [{ ...email, host: "mail example" }, "host", "the name or address of an SMTP server"],
    [{ type: "webhook", url: "ftp://x" }, "url", ""],
    [{ type: "webhook", url: "https://user:pw@example.com" }, "url", "without user and password"],
    [{ type: "pigeon" }, "type", "one of webhook, slack, email"],
    [{}, "type", "one of webhook, slack, email"],
  ])("%j is refused at %s", (body, field, allowed) => {
    expect(() => parseField(channelSchema, body)).toThrow(
      expect.objectContaining({
        violations: expect.arrayContaining([
          expect.objectContaining({ field, allowed: expect.stringContaining(allowed) }),
        ]),
      }),
    );
  });
});

test("a filter that asks for something is not met by what is not known", () => {
  const filter = { environment: "production", artifact: null, kind: null, deployment: null };
  const gone = { environment: null, artifact: null, kind: null, deployment: null };
  expect(concerns(filter, gone)).toBe(false);
  expect(concerns(filter, { ...gone, environment: "production" })).toBe(true);
});

test("a key of Standard Webhooks has 24 to 64 bytes", () => {
  const key = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString("base64")}`;
  for (const bytes of [24, 25, 26, 32, 63, 64])
    expect(signingSecretSchema.safeParse(key(bytes)).success, `${bytes}`).toBe(true);
  for (const bytes of [0, 16, 22, 67, 99])
    expect(signingSecretSchema.safeParse(key(bytes)).success, `${bytes}`).toBe(false);
});
