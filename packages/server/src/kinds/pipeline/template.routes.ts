import {
  findPipelineTemplate,
  invalidField,
  jsonSchema,
  nameSchema,
  PIPELINE_TEMPLATES,
  type PipelineTemplate,
  renderPipeline,
  SluiceError,
  VERSION_SPECS,
} from "@sluice/core";
import { z } from "zod";
import { authorise, projectOf } from "../../access/authorise.ts";
import type { App } from "../../http/app.types.ts";
import type { Services } from "../../http/services.ts";

const tags = ["Pipelines"];

const templateSchema = z
  .object({
    name: z.string(),
    version: z.string(),
    kind: z.literal("pipeline"),
    description: z.string(),
    parameters: z.record(z.string(), jsonSchema).describe("JSON Schema of the parameters."),
    example: z.record(z.string(), jsonSchema).describe("Parameters that suit it."),
  })
  .meta({ id: "Template" });

const view = ({ name, version, description, schema, example }: PipelineTemplate) => ({
  name,
  version,
  kind: "pipeline" as const,
  description,
  parameters: schema,
  example,
});

const params = z.strictObject({ name: nameSchema });

/** Pipelines that are known without being registered. Those of users are artifacts, and their versions are rendered here too. */
export function templateRoutes(app: App, { artifacts }: Services): void {
  app.get(
    "/v1/templates",
    {
      schema: {
        operationId: "listTemplates",
        summary: "List the templates of the catalogue with the schemas of their parameters",
        tags,
        response: { 200: z.object({ items: z.array(templateSchema), nextCursor: z.null() }) },
      },
    },
    async ({ principal }) => {
      authorise(principal, "artifact.read", { project: projectOf(principal, undefined) });
      return { items: PIPELINE_TEMPLATES.map(view), nextCursor: null };
    },
  );

  app.get(
    "/v1/templates/:name",
    {
      schema: {
        operationId: "getTemplate",
        summary: "Read a template of the catalogue",
        tags,
        params,
        response: { 200: templateSchema },
      },
    },
    async ({ principal, params: { name } }) => {
      authorise(principal, "artifact.read", { project: projectOf(principal, undefined) });
      const template = findPipelineTemplate(name);
      if (template === undefined) throw noTemplate(name);
      return view(template);
    },
  );

  app.get(
    "/v1/templates/:name/render",
    {
      schema: {
        operationId: "renderTemplate",
        summary: "Show the collector's configuration that a template or a registered pipeline becomes",
        description:
          "What begins with `$` is filled in on the node by the collector itself: ports, the node's name, which " +
          "programs pass.",
        tags,
        params,
        querystring: z.strictObject({
          parameters: z.string().max(65_536).default("{}").describe('A JSON object: `{"top_k":5}`'),
          project: nameSchema.optional(),
          version: z.string().min(1).max(128).optional().describe("Of a registered pipeline. Left out: the newest."),
        }),
        response: { 200: z.object({ config: z.record(z.string(), jsonSchema) }) },
      },
    },
    async ({ principal, params: { name }, query: { parameters, project, version } }) => {
      authorise(principal, "artifact.read", { project: projectOf(principal, project) });
      const template = version === undefined ? findPipelineTemplate(name) : undefined;
      const spec = template === undefined ? await registered() : { template: name, parameters: {} };
      return { config: renderPipeline(spec, parametersOf(parameters)).collector };

      async function registered() {
        const chosen =
          version ?? (await artifacts.listVersions(principal, { name, project }, { limit: 1 })).page.items[0]?.version;
        if (chosen === undefined) throw noTemplate(name);
        const { artifact, version: found } = await artifacts.getVersion(principal, { name, project }, chosen);
        if (artifact.kind !== "pipeline") throw noTemplate(name);
        return VERSION_SPECS.pipeline.parse(found.spec);
      }
    },
  );
}

function parametersOf(text: string) {
  const parsed = parametersSchema.safeParse(readJson(text));
  if (!parsed.success) throw invalidField("query.parameters", text, 'a JSON object such as {"top_k":5}');
  return parsed.data;
}

const parametersSchema = z.record(z.string(), jsonSchema);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const noTemplate = (name: string): SluiceError =>
  new SluiceError(
    "not_found",
    `template ${name} does not exist; the catalogue has ${PIPELINE_TEMPLATES.map((template) => template.name).join(", ")}`,
  );
