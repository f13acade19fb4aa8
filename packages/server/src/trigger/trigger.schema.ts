import { nameSchema, triggerActionSchema, triggerFiltersSchema, triggerSchema } from "@sluice/core";
import { z } from "zod";
import { FIRING_OUTCOMES } from "./firing.store.ts";

/** What the trigger endpoints read and answer. */

const example = {
  name: "greeter-tags",
  source: "github",
  filters: { repositories: ["acme/greeter"], tags: ["v*"] },
  action: {
    type: "deploy",
    deployment: "greeter",
    environment: "staging",
    version: "{{tag}}",
    stripLeadingV: true,
    create: { spec: { image: "registry.example/greeter:{{tag}}" } },
  },
};

const secret = z
  .string()
  .regex(/^[\x21-\x7e]{16,512}$/, "16 to 512 visible ASCII characters")
  .optional()
  .describe("One that the sender made, such as GitLab's signing token. Left out: a new one, `whsec_…`.");

export const newTriggerBody = triggerSchema
  .safeExtend({ name: nameSchema, project: nameSchema.optional(), enabled: z.boolean().default(true), secret })
  .meta({ id: "CreateTrigger", examples: [example] });

export const changeTriggerBody = z
  .strictObject({
    description: z.string().max(1_000).optional(),
    enabled: z.boolean().optional(),
    filters: triggerFiltersSchema.optional().describe("As a whole."),
    action: triggerActionSchema.optional().describe("As a whole."),
  })
  .meta({ id: "ChangeTrigger", examples: [{ enabled: false }] });

export const rotateBody = z
  .strictObject({
    secret,
    overlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .default(0)
      .describe("The secret before counts so much longer, so that the sender can be told without a gap."),
  })
  .meta({ id: "RotateTrigger", examples: [{ overlapSeconds: 3_600 }] });

const fields = {
  id: z.string(),
  project: z.string(),
  name: z.string(),
  enabled: z.boolean(),
  ...triggerSchema.shape,
  fireUrl: z.string().describe("Where the sender's webhook goes."),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime(),
};

const examples = [
  {
    id: "trg_0199",
    project: "default",
    enabled: true,
    description: "",
    ...example,
    filters: { events: null, branches: [], paths: [], ...example.filters },
    fireUrl: "https://sluice.example/v1/triggers/trg_0199/fire",
    createdAt: "2026-11-21T10:00:00.000Z",
    createdBy: "ops",
    updatedAt: "2026-11-21T10:00:00.000Z",
  },
];

export const triggerView = z.object(fields).meta({ id: "Trigger", examples });

export const newTriggerView = z
  .object({
    ...fields,
    secret: z.string().nullable().describe("Shown now and never again; null for a trigger that only people fire."),
  })
  .meta({ id: "NewTrigger", examples: examples.map((one) => ({ ...one, secret: "whsec_…" })) });

export const firingView = z
  .object({
    id: z.string(),
    trigger: z.string(),
    delivery: z.string().describe("The sender's id of the delivery."),
    event: z.string().describe("As the sender calls it."),
    outcome: z
      .enum(FIRING_OUTCOMES)
      .describe(
        "`unchanged`: everything was as wanted already. `ignored` and `failed`: see `reason`; nothing was changed.",
      ),
    reason: z.string(),
    source: z.object({
      type: z.string().optional(),
      repository: z.string().nullish(),
      branch: z.string().nullish(),
      tag: z.string().nullish(),
      commit: z.string().nullish(),
    }),
    version: z.string().nullable(),
    rollouts: z.array(z.string()),
    run: z.string().nullable().describe("Of the workflow that was started, or the job."),
    actor: z.string(),
    attempts: z.number().int().describe("Deliveries of the same event; only one of them can have started something."),
    at: z.iso.datetime(),
  })
  .meta({
    id: "Firing",
    examples: [
      {
        id: "fir_0199",
        trigger: "trg_0199",
        delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        event: "push",
        outcome: "started",
        reason: "version 1.1.0 goes to greeter in staging",
        source: {
          type: "tag",
          repository: "acme/greeter",
          branch: null,
          tag: "v1.1.0",
          commit: "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
        },
        version: "1.1.0",
        rollouts: ["rol_0199"],
        run: null,
        actor: "trigger:greeter-tags",
        attempts: 1,
        at: "2026-11-21T10:00:00.000Z",
      },
    ],
  });

export const firedView = firingView
  .extend({ duplicate: z.boolean().describe("This delivery was carried out before; nothing was done again.") })
  .meta({ id: "Fired" });
