import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";

const entryView = z
  .object({
    project: z.string(),
    seq: z.int().meta({ description: "1, 2, 3 … without a gap" }),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.string().meta({ examples: ["rollout.promote"] }),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
    previous: z.string().meta({ description: "Hash of the entry before; empty for the first" }),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });

const verdictView = z
  .discriminatedUnion("valid", [
    z.object({ valid: z.literal(true), entries: z.int() }),
    z.object({ valid: z.literal(false), seq: z.int(), problem: z.string() }),
  ])
  .meta({ id: "AuditVerdict", examples: [{ valid: true, entries: 42 }] });

const filter = z.string().min(1).max(255).optional();
const moment = z.iso.datetime({ offset: true }).optional();

export function auditRoutes(app: App, { audit }: Services): void {
  const tags = ["Audit"];

  app.get(
    "/v1/audit",
    {
      schema: {
        operationId: "listAudit",
        summary: "List who changed what, newest first",
        tags,
        querystring: z.strictObject({
          project: nameSchema.optional(),
          actor: filter,
          action: filter,
          subject: filter,
          from: moment.meta({ description: "The earliest moment" }),
          to: moment.meta({ description: "The moment from which on entries are left out" }),
          ...pageQuery,
        }),
        response: { 200: pageOf(entryView) },
      },
    },
    ({ principal, query }) => audit.list(principal, query),
  );

  app.get(
    "/v1/audit/verify",
    {
      schema: {
        operationId: "verifyAudit",
        summary: "Verify the project's chain of audit entries",
        description: "Tells the first entry that was changed, is missing or was put in between.",
        tags,
        querystring: z.strictObject({ project: nameSchema.optional() }),
        response: { 200: verdictView },
      },
    },
    ({ principal, query }) => audit.verify(principal, query),
  );
}
