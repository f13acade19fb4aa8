import { nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import type { StoredProject } from "./project.store.ts";

const projectView = z
  .object({ name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: "Project", examples: [{ name: "default", createdAt: "2026-11-21T10:00:00.000Z" }] });

const view = (project: StoredProject) => ({ name: project.name, createdAt: project.created_at.toISOString() });

export function projectRoutes(app: App, { projects }: Services): void {
  app.get(
    "/v1/projects",
    {
      schema: {
        operationId: "listProjects",
        summary: "List the projects that the caller may see",
        tags: ["Projects"],
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(projectView) },
      },
    },
    async ({ principal, query }) => {
      const page = await projects.list(principal, query);
      return { ...page, items: page.items.map(view) };
    },
  );

  app.post(
    "/v1/projects",
    {
      schema: {
        operationId: "createProject",
        summary: "Create a project with the environments development, staging and production",
        tags: ["Projects"],
        body: z.strictObject({ name: nameSchema }).meta({ examples: [{ name: "search" }] }),
        response: { 201: projectView },
      },
    },
    async ({ principal, body }, reply) => reply.code(201).send(view(await projects.create(principal, body))),
  );
}
