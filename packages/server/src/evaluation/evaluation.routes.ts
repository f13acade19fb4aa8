import { evaluationInputSchema, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { evaluationIn, promptfooInputSchema } from "./evaluation.promptfoo.ts";
import type { StoredEvaluation } from "./evaluation.store.ts";

const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

const example = {
  artifact: "greeter",
  version: "1.1.0",
  dataset: "smoke",
  metrics: { score: 0.93, p95Ms: 640, costUsd: 0.012 },
  sampleCount: 200,
  source: "promptfoo",
  finishedAt: "2026-11-21T10:00:00.000Z",
};

const evaluationBody = z
  .union([evaluationInputSchema.safeExtend(inProject), promptfooInputSchema.extend(inProject)])
  .meta({ examples: [example] });

/** Bytes: results of promptfoo hold every answer. The command line reads larger files itself and sends the figures. */
const BODY_LIMIT = 16_777_216;

const evaluationView = z
  .object({
    id: z.string(),
    project: z.string(),
    artifact: z.string(),
    version: z.string(),
    dataset: z.string(),
    metrics: z.record(z.string(), z.number()),
    sampleCount: z.number().int(),
    source: z.string(),
    details: z.record(z.string(), z.unknown()),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime(),
    recordedAt: z.iso.datetime(),
    recordedBy: z.string(),
  })
  .meta({
    id: "Evaluation",
    examples: [
      {
        id: "eva_0199",
        project: "default",
        ...example,
        details: {},
        startedAt: null,
        recordedAt: "2026-11-21T10:00:01.000Z",
        recordedBy: "ci",
      },
    ],
  });

const view = ({ versionId: _version, startedAt, finishedAt, recordedAt, ...evaluation }: StoredEvaluation) => ({
  ...evaluation,
  startedAt: startedAt?.toISOString() ?? null,
  finishedAt: finishedAt.toISOString(),
  recordedAt: recordedAt.toISOString(),
});

export function evaluationRoutes(app: App, { evaluations }: Services): void {
  const tags = ["Evaluations"];

  app.get(
    "/v1/evaluations",
    {
      schema: {
        operationId: "listEvaluations",
        summary: "List evaluations, newest first",
        tags,
        querystring: z.strictObject({
          ...inProject,
          artifact: nameSchema.optional(),
          version: z.string().max(128).optional(),
          dataset: z.string().max(255).optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(evaluationView) },
      },
    },
    async ({ principal, query }) => {
      const page = await evaluations.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/evaluations",
    {
      bodyLimit: BODY_LIMIT,
      schema: {
        operationId: "recordEvaluation",
        summary: "Record how good a version is on a dataset",
        description:
          "Evaluations never change; of several on one dataset the one that finished last counts at gates. " +
          "Rollouts of the version that wait at a gate look again at once. With `promptfoo` the figures are read from a results " +
          "file of promptfoo (16 MiB at most).",
        tags,
        body: evaluationBody,
        response: { 201: evaluationView },
      },
    },
    async ({ principal, body }, reply) => {
      const { project, ...rest } = body;
      const input = "promptfoo" in rest ? evaluationIn(rest) : rest;
      const [recorded] = await evaluations.record(principal, { project }, [input]);
      if (recorded === undefined) throw new TypeError("an evaluation that was recorded is not there");
      return reply.code(201).send(view(recorded));
    },
  );

  app.get(
    "/v1/evaluations/:id",
    {
      schema: {
        operationId: "getEvaluation",
        summary: "Read an evaluation",
        tags,
        params: z.strictObject({ id: z.string().max(64) }),
        response: { 200: evaluationView },
      },
    },
    async ({ principal, params }) => view(await evaluations.get(principal, params.id)),
  );
}
