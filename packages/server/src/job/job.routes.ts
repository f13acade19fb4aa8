import { jobOptionsSchema, nameSchema, RUN_STATUSES, toIso, variablesSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import { NO_TIMEOUT } from "../http/sse.ts";
import { logAnswer, sendLogs } from "../workflow/run.files.routes.ts";
import type { Job } from "./job.service.ts";

const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };
const params = z.strictObject({ id: z.string().min(1).max(64) });
const time = z.iso.datetime().nullable();

const example = {
  artifact: "nightly-report",
  version: "1.0.0",
  environment: "production",
  completions: 4,
  parallelism: 2,
};

const newJobBody = jobOptionsSchema
  .extend({
    ...inProject,
    artifact: nameSchema.optional(),
    version: z.string().min(1).max(128).optional(),
    environment: nameSchema.optional(),
    deployment: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: "Instead of artifact and version: what this deployment serves, with its configuration" }),
    env: variablesSchema,
  })
  .meta({ id: "StartJob", examples: [example, { deployment: "nightly-report", environment: "production" }] });

const jobView = z
  .object({
    id: z.string(),
    project: z.string(),
    artifact: z.string(),
    version: z.string(),
    environment: z.string().nullable(),
    deployment: z.string().nullable(),
    revision: z.number().int().nullable(),
    status: z.enum(RUN_STATUSES),
    reason: z.string().nullable(),
    completions: z.number().int(),
    parallelism: z.number().int(),
    backoffLimit: z.number().int(),
    retriesLeft: z.number().int(),
    succeeded: z.number().int(),
    failed: z.number().int(),
    active: z.number().int(),
    runs: z.array(
      z.object({
        task: z.string(),
        index: z.number().int(),
        attempt: z.number().int(),
        status: z.enum(["running", "succeeded", "failed", "lost"]),
        exitCode: z.number().int().nullable(),
        reason: z.string().nullable(),
        startedAt: z.iso.datetime(),
        finishedAt: time,
      }),
    ),
    triggeredBy: z.string(),
    createdAt: z.iso.datetime(),
    startedAt: time,
    finishedAt: time,
  })
  .meta({ id: "Job" });

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const number = (value: unknown): number => (typeof value === "number" ? value : 0);

function view({ stored: { run, about }, attempts }: Job): z.input<typeof jobView> {
  const count = (...statuses: string[]) => run.tasks.filter(({ status }) => statuses.includes(status)).length;
  const indexOf = (task: string) => number(run.tasks.find(({ key }) => key === task)?.matrix.index);
  return {
    ...{ id: run.id, project: run.project, artifact: run.workflow, version: text(about.version) },
    environment: run.environment === "" ? null : run.environment,
    deployment: typeof about.deployment === "string" ? about.deployment : null,
    revision: typeof about.revision === "number" ? about.revision : null,
    ...{ status: run.status, reason: run.reason },
    ...{ completions: number(about.completions), parallelism: number(about.parallelism) },
    ...{ backoffLimit: number(about.backoffLimit), retriesLeft: run.retriesLeft ?? 0 },
    ...{ succeeded: count("succeeded"), failed: count("failed"), active: count("running") },
    runs: attempts.map(({ task, attempt, status, result, startedAt, finishedAt }) => ({
      ...{
        task,
        index: indexOf(task),
        attempt,
        status,
        reason: result.reason ?? null,
        exitCode: result.exitCode ?? null,
      },
      startedAt: startedAt.toISOString(),
      finishedAt: finishedAt?.toISOString() ?? null,
    })),
    triggeredBy: run.triggeredBy,
    createdAt: toIso(run.createdAt),
    startedAt: run.startedAt === null ? null : toIso(run.startedAt),
    finishedAt: run.finishedAt === null ? null : toIso(run.finishedAt),
  };
}

/** Commands that run to their end. */
export function jobRoutes(app: App, { jobs }: Services): void {
  const tags = ["Jobs"];

  app.post(
    "/v1/jobs",
    {
      schema: {
        operationId: "startJob",
        summary: "Run a job",
        description:
          'The version must say `"process": "job"`. Each run works in a copy of the working folder, and knows its JOB_INDEX.',
        tags,
        body: newJobBody,
        response: { 202: jobView },
      },
    },
    async ({ principal, body }, reply) => reply.code(202).send(view(await jobs.start(principal, body))),
  );

  app.get(
    "/v1/jobs",
    {
      schema: {
        operationId: "listJobs",
        summary: "List jobs, newest first; their single runs are shown by each one's own page",
        tags,
        querystring: z.strictObject({
          ...inProject,
          artifact: nameSchema.optional(),
          environment: nameSchema.optional(),
          status: z.enum(RUN_STATUSES).optional(),
          ...pageQuery,
        }),
        response: { 200: pageOf(jobView) },
      },
    },
    async ({ principal, query }) => {
      const { artifact: name, ...rest } = query;
      const page = await jobs.list(principal, { ...rest, name });
      return { ...page, items: page.items.map((stored) => view({ stored, attempts: [] })) };
    },
  );

  app.get(
    "/v1/jobs/:id",
    {
      schema: {
        operationId: "getJob",
        summary: "Read a job with every run of its command",
        tags,
        params,
        response: { 200: jobView },
      },
    },
    async ({ principal, params }) => view(await jobs.get(principal, params.id)),
  );

  app.post(
    "/v1/jobs/:id/cancel",
    {
      schema: {
        operationId: "cancelJob",
        summary: "Stop a job",
        tags,
        params,
        body: z.strictObject({ comment: z.string().max(1_000).optional() }).nullish(),
        response: { 202: jobView },
      },
    },
    async ({ principal, params, body }, reply) =>
      reply.code(202).send(view(await jobs.cancel(principal, params.id, body?.comment ?? ""))),
  );

  app.get(
    "/v1/jobs/:id/logs",
    {
      handlerTimeout: NO_TIMEOUT,
      schema: {
        operationId: "readJobLogs",
        summary: "Read or follow what a job's commands print",
        tags,
        params,
        querystring: z.strictObject({
          task: z.string().min(1).max(80).optional().meta({ description: "One run of the command" }),
          attempt: z.coerce.number().int().min(1).max(1_000).optional(),
          follow: z.stringbool({ truthy: ["true"], falsy: ["false"] }).default(false),
        }),
        response: logAnswer,
      },
    },
    async (request, reply) => {
      const { principal, params, query } = request;
      return sendLogs(request, reply, query.follow, await jobs.logs(principal, params.id, "job", query));
    },
  );
}
