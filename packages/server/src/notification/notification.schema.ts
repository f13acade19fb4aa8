import { CHANNEL_FORMS, DELIVERY_STATUSES, NOTICE_STATES, nameSchema, signingSecretSchema, typeOf } from "@sluice/core";
import { z } from "zod";
import type { StoredChannel } from "./channel.store.ts";
import { isoOf } from "./context.store.ts";
import type { StoredDelivery } from "./outbox.store.ts";

const { webhook, slack, email } = CHANNEL_FORMS;

const alerts = {
  deployment_failure: { enabled: true, threshold: "any_failure" },
  performance_degradation: { enabled: true, threshold: "response_time > 2.0s" },
};

const examples = {
  webhook: {
    name: "incidents",
    type: "webhook",
    url: "https://incidents.example.com/hooks/sluice",
    alerts,
    filter: { environment: "production" },
  },
  slack: { name: "team", type: "slack", url: "https://hooks.slack.com/services/T000/B000/XXXX", alerts },
  email: {
    ...{ name: "on-call", type: "email", host: "smtp.example.com", port: 587, tls: "starttls" },
    ...{ user: "sluice", password: "correct horse", from: "sluice@example.com", to: ["ops@example.com"], alerts },
  },
};

const secret = signingSecretSchema
  .optional()
  .meta({ description: "The key that messages are signed with; without it one is made, and shown once in the answer" });

const key = { name: nameSchema, project: nameSchema.optional() };

export const newChannelBody = z
  .discriminatedUnion("type", [webhook.safeExtend({ ...key, secret }), slack.safeExtend(key), email.safeExtend(key)])
  .meta({ examples: [examples.webhook, examples.slack, examples.email] });

/** What a GET answers may be put back as it is; what the server sets is passed over. */
const readBack = {
  id: z.string().optional(),
  name: nameSchema.optional(),
  project: nameSchema.optional(),
  disabledReason: z.string().nullable().optional(),
  createdAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime().optional(),
};

export const channelBody = z
  .discriminatedUnion("type", [webhook.safeExtend(readBack), slack.safeExtend(readBack), email.safeExtend(readBack)])
  .meta({ examples: [{ ...examples.webhook, name: undefined }] });

const shown = {
  id: z.string(),
  name: z.string(),
  project: z.string(),
  disabledReason: z
    .string()
    .nullable()
    .meta({ description: "Why it was switched off by itself: its receiver said that it is gone" }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const channelView = z
  .discriminatedUnion("type", [webhook.safeExtend(shown), slack.safeExtend(shown), email.safeExtend(shown)])
  .meta({ id: "NotificationChannel" });

const once = {
  ...shown,
  secret: z
    .string()
    .optional()
    .meta({ description: "Webhooks: the key of Standard Webhooks. It is shown now and never again" }),
};

export const newChannelView = z
  .discriminatedUnion("type", [webhook.safeExtend(once), slack.safeExtend(once), email.safeExtend(once)])
  .meta({ id: "NewNotificationChannel" });

export const deliveryView = z
  .object({
    id: z.string().meta({ description: "Also the `webhook-id` of the message, the same for each attempt" }),
    status: z.enum(DELIVERY_STATUSES).meta({
      description: "`pending`: on its way; `dead`: given up; `held_back`: above the channel's limit, and not sent",
    }),
    type: z.string().meta({ examples: ["sluice.alert.firing", "agent.registered"] }),
    attempts: z.int(),
    reason: z.string().nullable().meta({ description: "What the last attempt came to" }),
    nextAttemptAt: z.iso.datetime().nullable(),
    message: z
      .record(z.string(), z.unknown())
      .meta({ description: `What is told; state: ${NOTICE_STATES.join(", ")}` }),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "NotificationDelivery" });

export const viewOfChannel = ({ spec, sealed: _, createdAt, updatedAt, ...rest }: StoredChannel) => ({
  ...spec,
  ...rest,
  createdAt: isoOf(createdAt),
  updatedAt: isoOf(updatedAt),
});

export const viewOfDelivery = ({ id, status, message, attempts, reason, dueAt, ...times }: StoredDelivery) => ({
  id,
  status,
  type: typeOf(message),
  attempts,
  reason,
  nextAttemptAt: status === "pending" ? isoOf(dueAt) : null,
  message: message.kind === "notice" ? { ...message.notice } : { ...message.registration },
  createdAt: isoOf(times.createdAt),
  finishedAt: times.finishedAt === null ? null : isoOf(times.finishedAt),
});
