import { z } from "zod";
import { ARTIFACT_KINDS } from "../artifact/version.schema.ts";
import { gateWebhookSchema } from "../gate/gate.schema.ts";
import { nameSchema } from "../names.ts";
import { ALERTS, type Alert } from "./alert.ts";
import { ANY_FAILURE, parseThreshold } from "./threshold.ts";

export const CHANNEL_TYPES = ["webhook", "slack", "email"] as const;
export type ChannelType = (typeof CHANNEL_TYPES)[number];

const heardSchema = z.strictObject({
  enabled: z.boolean().default(true),
  threshold: z
    .string()
    .max(200)
    .default(ANY_FAILURE)
    .describe("`any_failure`: what rollouts find. With a figure: that, and live deployments that are beyond it"),
  forSeconds: z
    .number()
    .min(0)
    .max(3_600)
    .default(30)
    .describe("How long a figure must be beyond its threshold, or back by a tenth, to count"),
});

export type Heard = z.infer<typeof heardSchema>;

const heardOf = (alert: Alert) =>
  heardSchema
    .superRefine(({ threshold }, context) => {
      if (threshold === ANY_FAILURE) return;
      const parsed = parseThreshold(threshold, alert);
      if (typeof parsed === "string") context.addIssue({ code: "custom", path: ["threshold"], message: parsed });
    })
    .optional();

const alertsSchema = z
  .strictObject({
    deployment_failure: heardOf("deployment_failure"),
    health_check_failure: heardOf("health_check_failure"),
    performance_degradation: heardOf("performance_degradation"),
    resource_exhaustion: heardOf("resource_exhaustion"),
    security_violation: heardOf("security_violation"),
    test_failure: heardOf("test_failure"),
    no_data: heardOf("no_data"),
    rollback: heardOf("rollback"),
    approval_required: heardOf("approval_required"),
    needs_attention: heardOf("needs_attention"),
    deployment_started: heardOf("deployment_started"),
    deployment_completed: heardOf("deployment_completed"),
    deployment_removed: heardOf("deployment_removed"),
  } satisfies Record<Alert, unknown>)
  .refine((alerts) => Object.keys(alerts).length > 0, `at least one of ${ALERTS.join(", ")}`);

/** Which deployments a channel hears of; null: every one. */
const filterSchema = z.strictObject({
  environment: nameSchema.nullable().default(null),
  artifact: nameSchema.nullable().default(null),
  kind: z.enum(ARTIFACT_KINDS).nullable().default(null),
  deployment: nameSchema.nullable().default(null).describe("Name of a deployment"),
});

export type ChannelFilter = z.infer<typeof filterSchema>;

const common = {
  enabled: z.boolean().default(true),
  alerts: alertsSchema.default({ deployment_failure: { enabled: true, threshold: ANY_FAILURE, forSeconds: 30 } }),
  filter: filterSchema.prefault({}),
  limit: z
    .strictObject({
      messages: z.number().int().min(1).max(1_000).default(10),
      perSeconds: z.number().int().min(1).max(86_400).default(600),
    })
    .prefault({})
    .describe("So many messages about one alert of one deployment; what is more is held back and counted"),
  timeoutSeconds: z.number().min(0.1).max(60).default(10),
};

const { url, headers } = gateWebhookSchema.shape;

/** A key of Standard Webhooks: `whsec_` and 24 to 64 bytes in base64. */
export const signingSecretSchema = z
  .string()
  .regex(
    /^whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
    "`whsec_` and 24 to 64 bytes in base64",
  );

const webhookSchema = z.strictObject({ type: z.literal("webhook"), ...common, url, headers });
const slackSchema = z.strictObject({ type: z.literal("slack"), ...common, url });

const mailAddress = z.email().max(320);

const emailSchema = z
  .strictObject({
    type: z.literal("email"),
    ...common,
    host: z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9.:_-]+$/, "the name or address of an SMTP server"),
    port: z.number().int().min(1).max(65_535).default(587),
    tls: z
      .enum(["starttls", "implicit", "none"])
      .default("starttls")
      .describe("`starttls`: required after the greeting; `implicit`: from the first byte; `none`: in clear text"),
    rejectUnauthorized: z.boolean().default(true).describe("Whether the server's certificate must be trusted"),
    user: z.string().min(1).max(320).nullable().default(null),
    password: z.string().min(1).max(4_096).nullable().default(null),
    from: mailAddress,
    to: z.array(mailAddress).min(1).max(50),
  })
  .superRefine(({ user, password, tls, host }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
    if ((user === null) !== (password === null)) {
      refuse(user === null ? "user" : "password", "both `user` and `password`, or neither");
    } else if (user !== null && tls === "none" && !isThisMachine(host)) {
      refuse("tls", "starttls or implicit: a password goes in clear text to this machine only");
    }
  });

/** Each type's own form, to be extended by its key. */
export const CHANNEL_FORMS = { webhook: webhookSchema, slack: slackSchema, email: emailSchema } as const;

/** Where alerts go, and which. */
export const channelSchema = z.discriminatedUnion("type", [webhookSchema, slackSchema, emailSchema]);

export type Channel = z.infer<typeof channelSchema>;
export type ChannelOf<Type extends ChannelType> = Extract<Channel, { type: Type }>;

const isThisMachine = (host: string): boolean => host === "localhost" || host === "::1" || /^127\./.test(host);

/** Whether a deployment is among those that the channel hears of. What is not known matches no filter. */
export const concerns = (
  filter: ChannelFilter,
  of: { environment: string | null; artifact: string | null; kind: string | null; deployment: string | null },
): boolean =>
  (filter.environment === null || filter.environment === of.environment) &&
  (filter.artifact === null || filter.artifact === of.artifact) &&
  (filter.kind === null || filter.kind === of.kind) &&
  (filter.deployment === null || filter.deployment === of.deployment);

/** How the channel hears an alert; null when it does not. */
export function hearing({ alerts }: Pick<Channel, "alerts">, alert: Alert): Heard | null {
  const heard = alerts[alert];
  return heard?.enabled === true ? heard : null;
}
