import swagger from "@fastify/swagger";
import scalar from "@scalar/fastify-api-reference";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { OpenAPIV3_1 } from "openapi-types";
import type { App } from "./app.types.ts";
import { documentErrors } from "./openapi.errors.ts";
import { dropUnusedSchemas } from "./openapi.prune.ts";
import { describeShownAddresses } from "./openapi.shown.ts";

/** In the order of the page: what is delivered, what starts by itself, what is told, what single kinds speak, who may. */
const TAGS = [
  ["Deployments", "One artifact in one environment, and what it runs"],
  ["Rollouts", "The act of moving a deployment from one revision to another, under a strategy"],
  ["Insights", "What is where, what moves, and how well it goes over weeks"],
  ["Artifacts", "Prompts, agents, models, pipelines, applications, and their immutable versions"],
  ["Environments", "Where things run, and what must be true before they do"],
  ["Gates", "What a version must meet before traffic moves"],
  ["Evaluations", "Recorded quality of a version on a dataset"],
  ["Scores", "How good live answers were, as applications report it"],
  ["Goals", "What requests came to, as applications report it: the measure of an A/B test"],
  ["Policies", "Rules in CEL that every candidate within their reach must meet"],
  ["Secrets", "What programs get and nobody else: written, rotated, never read back"],
  ["Workflows", "Declared pipelines of stages: build, test, scan, deploy, verify, monitor, or any other"],
  ["Workflow runs", "What came of starting one, stage by stage, with logs and artifacts"],
  ["Jobs", "Commands that run to their end, once or several times"],
  ["Triggers", "What is started by events from outside: Git, and whoever signs"],
  ["Schedules", "What is started by the clock"],
  ["Events", "What happens, as it happens"],
  ["Notifications", "Who is told when something happens: webhooks, Slack, e-mail"],
  ["Integrations", "Services around deployments: asked before anything starts, told of what serves"],
  ["Audit", "Who changed what, in a chain that can be verified"],
  ["Prompts", "Which version of a prompt somebody gets, and its texts"],
  ["OFREP", "Prompts as flags of OpenFeature, for any provider of its remote evaluation protocol"],
  ["Feedback", "How the answers went that a prompt led to"],
  ["Agents", "Agents in the words of their own interface: deploy, follow, take back"],
  ["Pipelines", "Telemetry pipelines: templates, and their deployments to nodes"],
  ["Nodes", "Machines that collectors of pipelines run on, and their labels"],
  ["Models", "Models by number: versions, files, deployments, predictions for whole files"],
  ["Tokens", "Who may do what"],
  ["Session", "How a browser signs in"],
  ["Projects", "Tenancy"],
  ["System", "The server itself"],
] as const;

const description = `The native API of Sluice.

Times are RFC 3339 in UTC; durations are integers with their unit in the name. Lists take \`limit\` and \`cursor\` and
answer \`items\` and \`nextCursor\`. Errors are \`application/problem+json\` (RFC 9457). Every write takes an
\`Idempotency-Key\`: the same key and request get the same answer.`;

const DOCS = "/docs";

/** Serves the OpenAPI 3.1 document of all routes added after this at /openapi.json, and its readable form at /docs. */
export async function describeApi(app: App, options: { version: string }): Promise<void> {
  const named = createJsonSchemaTransformObject({});
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.1",
      info: {
        title: "Sluice",
        version: options.version,
        description,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: TAGS.map(([name, text]) => ({ name, description: text })),
      servers: [{ url: "/" }],
      security: [{ token: [] }],
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer", description: "An API token, `slu_…`" } },
      },
    },
    transform: createJsonSchemaTransform({}),
    transformObject: (document) => {
      const full = named(document);
      return isOurs(full) ? describeShownAddresses(dropUnusedSchemas(documentErrors(full))) : full;
    },
  });
  app.get(
    "/openapi.json",
    {
      config: { public: true },
      schema: { operationId: "getOpenApi", summary: "This document", tags: ["System"], security: [] },
    },
    async () => app.swagger(),
  );
  // Whoever opens the address in a browser wants to read.
  app.get("/", { config: { public: true }, schema: { hide: true } }, (_request, reply) => reply.redirect(DOCS));
  app.addHook("onRoute", (route) => {
    if (route.url.startsWith(DOCS)) route.config = { ...route.config, public: true };
  });
  await app.register(scalar, {
    routePrefix: DOCS,
    // Nothing that would call anybody else: no telemetry, fonts, assistants or buttons that publish the document.
    configuration: {
      url: "/openapi.json",
      telemetry: false,
      withDefaultFonts: false,
      showDeveloperTools: "never",
      mcp: { disabled: true },
      agent: { disabled: true },
      hideClientButton: true,
    },
  });
}

/** The document may be of several versions of OpenAPI; it is the one that is asked for above. */
const isOurs = (document: object): document is Partial<OpenAPIV3_1.Document> =>
  "openapi" in document && String(document.openapi).startsWith("3.1");
