import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { artifactsQuery } from "../artifacts/queries.ts";
import type { Template } from "../library/templates.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { versionsQuery } from "./queries.ts";

/** A template of the catalogue is an artifact of the project before anything of it is deployed. Nothing runs by that. */
export function Register({ template }: { template: Template }) {
  const project = useProject();
  const queries = useQueryClient();
  const refusal = useRefusal("artifact.write");
  const { name, version } = template;
  const register = useMutation({
    mutationFn: () => add(project, template),
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries(artifactsQuery(project)),
        queries.invalidateQueries(versionsQuery(project, name)),
      ]),
  });
  return (
    <Card title={`${name} is new to this project`}>
      <div className="space-y-3 p-4">
        <p className="max-w-prose">
          It is a template of the catalogue. To be deployed, planned and rolled back like everything else, it becomes an
          artifact of the project <bdi>{project}</bdi>, with version {version}. Nothing runs by that.
        </p>
        <FormProblem error={register.error} />
        <Button tone="primary" refused={refusal} busy={register.isPending} onClick={() => register.mutate()}>
          Add it to the project
        </Button>
      </div>
    </Card>
  );
}

async function add(project: string, { name, version }: Template): Promise<void> {
  await ok(sluice.http.POST("/v1/artifacts", { body: { project, name, kind: "pipeline" } }));
  await ok(
    sluice.http.POST("/v1/artifacts/{name}/versions", {
      params: { path: { name }, query: { project } },
      body: { version, spec: { template: name } },
    }),
  );
}
