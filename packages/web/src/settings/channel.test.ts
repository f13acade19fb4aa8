import type { NotificationChannel } from "@sluice/client";
import { channelSchema, ALERTS as KNOWN_ALERTS } from "@sluice/core";
import { expect, test } from "vitest";
import { ALERT_NAMES, CHANNEL_TYPES, channelChanged, channelWith, fieldsOfChannel, NO_CHANNEL } from "./channel.ts";

const filled = {
  ...NO_CHANNEL,
  ...{ name: " ops ", url: " https://hooks.example.com/x ", host: "smtp.example.com" },
  ...{ from: "sluice@example.com", to: "a@example.com, b@example.com," },
};

test.each(CHANNEL_TYPES)("a channel of type %s is sent as the server takes it", (type) => {
  const { name, project, ...spec } = channelWith({ ...filled, type, environment: "production" }, "default");
  expect([name, project]).toEqual(["ops", "default"]);
  expect(channelSchema.parse(spec)).toMatchObject({ type, filter: { environment: "production" } });
});

test("a channel of mail has all its receivers, and no user where none was given", () => {
  expect(channelWith({ ...filled, type: "email" }, "default")).toMatchObject({
    ...{ to: ["a@example.com", "b@example.com"], port: 587, user: null, password: null },
    alerts: { deployment_failure: {}, rollback: {}, approval_required: {}, needs_attention: {} },
  });
});

test("every alert that there is can be chosen", () => {
  expect(ALERT_NAMES.toSorted()).toEqual([...KNOWN_ALERTS].toSorted());
});

const KEY = { id: "ntf_1", name: "ops", project: "default", disabledReason: null };
const TIMES = { createdAt: "2026-11-21T10:00:00.000Z", updatedAt: "2026-11-21T10:00:00.000Z" };
const HEARD = {
  rollback: {},
  performance_degradation: { threshold: "response_time > 2.0s", forSeconds: 60 },
  no_data: { enabled: false },
};
const SHOWN = {
  webhook: { url: "https://hooks.example.com/x?(not shown)", headers: { authorization: "(not shown)" } },
  slack: { url: "https://hooks.slack.com/(not shown)" },
  email: {
    ...{ host: "smtp.example.com", from: "sluice@example.com", to: ["a@example.com", "b@example.com"] },
    ...{ user: "sluice", password: "(not shown)", rejectUnauthorized: false },
  },
};

/** A channel as the server shows it: as it came over the wire. */
const shown = (type: keyof typeof SHOWN): NotificationChannel => {
  const filter = { environment: "staging", artifact: "shop" };
  const spec = { type, ...SHOWN[type], alerts: HEARD, filter, limit: { messages: 3 }, timeoutSeconds: 4 };
  return JSON.parse(JSON.stringify({ ...KEY, ...TIMES, ...channelSchema.parse(spec) }));
};

test.each(CHANNEL_TYPES)("of a channel of type %s nothing changes that nobody has changed", (type) => {
  const channel = shown(type);
  expect(channelChanged(channel, fieldsOfChannel(channel))).toEqual(channel);
});

test("what is changed is changed, and a threshold outlives that nobody wants to hear of it", () => {
  const channel = shown("webhook");
  const fields = fieldsOfChannel(channel);
  const changed = channelChanged(channel, {
    ...{ ...fields, url: " https://elsewhere.example.com/ ", environment: "", headers: "X-Team: shop" },
    alerts: ["no_data", "test_failure"],
  });
  expect(changed).toMatchObject({
    ...{ url: "https://elsewhere.example.com/", headers: { "X-Team": "shop" } },
    filter: { environment: null, artifact: "shop" },
    alerts: {
      ...{ rollback: { enabled: false }, no_data: { enabled: true }, test_failure: { enabled: true } },
      performance_degradation: { enabled: false, threshold: "response_time > 2.0s", forSeconds: 60 },
    },
  });
});

test("a password stays until there is another one, and goes with its user", () => {
  const channel = shown("email");
  const fields = fieldsOfChannel(channel);
  expect(fields.password).toBe("");
  expect(channelChanged(channel, { ...fields, password: "new" })).toMatchObject({ user: "sluice", password: "new" });
  expect(channelChanged(channel, { ...fields, user: "" })).toMatchObject({ user: null, password: null });
});
