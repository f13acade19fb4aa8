import { ok } from "@sluice/client";
import { diff, type ResourceOf } from "@sluice/core";
import type { CreateBody, UpdateBody } from "../deployment.body.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Started } from "../follow.ts";
import type { Session } from "../session.ts";
import { type Change, orNull, toBody, unchanged } from "./change.ts";
import { mergePatchBetween } from "./merge-patch.ts";

/** A deployment is created, or moved by a rollout to the manifest's version and configuration. */
export async function inspectDeployment(session: Session, wanted: ResourceOf<"Deployment">): Promise<Change> {
  const { http } = session.client;
  const { kind: _kind, project, name, environment, version, config, strategy } = wanted;
  const where = project === undefined ? session.scope : { project };
  const params = { path: { id: name }, query: { ...where, environment } };
  const present = await orNull(ok(http.GET("/v1/deployments/{id}", { params })));
  if (present === null) {
    return {
      action: "create",
      differences: [],
      async apply() {
        const body: CreateBody = toBody({ ...where, ...wanted, kind: undefined });
        return (await ok(http.POST("/v1/deployments", { body }))).rollout;
      },
    };
  }
  const fixed = diff(
    { artifact: present.artifact, route: present.route ?? undefined, labels: present.labels },
    { artifact: wanted.artifact, route: wanted.route, labels: wanted.labels },
  );
  if (fixed.length > 0) {
    throw new CliError(
      EXIT.refused,
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
    async apply() {
      const started: Started = await ok(http.PATCH("/v1/deployments/{id}", { params, body }));
      return started.rollout ?? null;
    },
  };
}
