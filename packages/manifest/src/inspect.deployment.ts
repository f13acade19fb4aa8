import { ok, type paths, type Rollout } from "@sluice/client";
import { diff, type ResourceOf } from "@sluice/core";
import { type Change, keyHeader, orNull, Refusal, type Server, toBody, unchanged } from "./change.ts";
import { mergePatchBetween } from "./merge-patch.ts";

type CreateBody = paths["/v1/deployments"]["post"]["requestBody"]["content"]["application/json"];
type UpdateBody = paths["/v1/deployments/{id}"]["patch"]["requestBody"]["content"]["application/json"];

/** A deployment is created, or moved by a rollout to the manifest's version and configuration. */
export async function inspectDeployment(server: Server, wanted: ResourceOf<"Deployment">): Promise<Change> {
  const { http } = server.client;
  const { kind: _kind, project, name, environment, version, config, strategy } = wanted;
  const where = project === undefined ? server.scope : { project };
  const params = { path: { id: name }, query: { ...where, environment } };
  const present = await orNull(ok(http.GET("/v1/deployments/{id}", { params })));
  if (present === null) {
    return {
      action: "create",
      differences: [],
      async apply({ key } = {}) {
        const body: CreateBody = toBody({ ...where, ...wanted, kind: undefined });
        return (await ok(http.POST("/v1/deployments", { body, headers: keyHeader(key) }))).rollout;
      },
    };
  }
  const fixed = diff(
    { artifact: present.artifact, route: present.route ?? undefined, labels: present.labels },
    { artifact: wanted.artifact, route: wanted.route, labels: wanted.labels },
  );
  if (fixed.length > 0) {
    throw new Refusal(
      `deployment ${name} in ${environment} exists; an update cannot change ${fixed.map(({ path }) => path).join(", ")}`,
      [`sluice deploy delete ${name} -e ${environment}    and apply again`],
    );
  }
  const patch = mergePatchBetween(present.config, config);
  const body: UpdateBody = toBody({ version, config: patch, strategy });
  const plan = await ok(http.POST("/v1/rollouts/plan", { body: { ...where, deployment: present.id, ...body } }));
  if (!plan.changes) return unchanged;
  return {
    action: "update",
    differences: diff({ version: present.version, config: present.config }, { version, config }),
    async apply({ key } = {}) {
      const started: { rollout?: Rollout | null } = await ok(
        http.PATCH("/v1/deployments/{id}", { params, body, headers: keyHeader(key) }),
      );
      return started.rollout ?? null;
    },
  };
}
