import { ok, type paths } from "@sluice/client";
import {
  type ArtifactKind,
  diff,
  environmentSchema,
  type Resource,
  type ResourceOf,
  VERSION_SPECS,
} from "@sluice/core";
import { type Change, orNull, Refusal, type Server, toBody, unchanged } from "./change.ts";
import { inspectDeployment } from "./inspect.deployment.ts";
import { inspectGate } from "./inspect.gate.ts";

type VersionBody = paths["/v1/artifacts/{name}/versions"]["post"]["requestBody"]["content"]["application/json"];

/** Compares a resource with what the server has. Changes nothing until the answer is applied. */
export function inspect(server: Server, resource: Resource): Promise<Change> {
  switch (resource.kind) {
    case "Environment":
      return inspectEnvironment(server, resource);
    case "Artifact":
      return inspectArtifact(server, resource);
    case "Version":
      return inspectVersion(server, resource);
    case "Gate":
      return inspectGate(server, resource);
    case "Deployment":
      return inspectDeployment(server, resource);
  }
}

async function inspectEnvironment(
  { client, scope }: Server,
  { kind: _kind, name, project, ...spec }: ResourceOf<"Environment">,
): Promise<Change> {
  const params = { path: { name }, query: project === undefined ? scope : { project } };
  const present = await orNull(ok(client.http.GET("/v1/environments/{name}", { params })));
  const apply = async () => {
    await ok(client.http.PUT("/v1/environments/{name}", { params, body: toBody(spec) }));
    return null;
  };
  if (present === null) return { action: "create", differences: [], apply };
  const { name: _name, project: _project, createdAt: _created, updatedAt: _updated, ...rest } = present;
  const differences = diff(environmentSchema.parse(rest), spec);
  return differences.length === 0 ? unchanged : { action: "update", differences, apply };
}

async function inspectArtifact({ client, scope }: Server, artifact: ResourceOf<"Artifact">): Promise<Change> {
  const { name, artifactKind, labels, project } = artifact;
  const where = project === undefined ? scope : { project };
  const params = { path: { name }, query: where };
  const present = await orNull(ok(client.http.GET("/v1/artifacts/{name}", { params })));
  if (present === null) {
    return {
      action: "create",
      differences: [],
      async apply() {
        await ok(client.http.POST("/v1/artifacts", { body: { ...where, name, kind: artifactKind, labels } }));
        return null;
      },
    };
  }
  const differences = diff({ artifactKind: present.kind, labels: present.labels }, { artifactKind, labels });
  if (differences.length === 0) return unchanged;
  throw fixed(`artifact ${name}`, differences);
}

async function inspectVersion(server: Server, version: ResourceOf<"Version">): Promise<Change> {
  const { client, scope } = server;
  const { artifact: name, version: number, spec, source, project } = version;
  const query = project === undefined ? scope : { project };
  const params = { path: { name, version: number }, query };
  const present = await orNull(ok(client.http.GET("/v1/artifacts/{name}/versions/{version}", { params })));
  if (present === null) {
    return {
      action: "create",
      differences: [],
      async apply() {
        const body: VersionBody = toBody({ version: number, spec, source });
        await ok(client.http.POST("/v1/artifacts/{name}/versions", { params: { path: { name }, query }, body }));
        return null;
      },
    };
  }
  const artifact = await ok(client.http.GET("/v1/artifacts/{name}", { params: { path: { name }, query } }));
  const differences = diff(present.spec, withDefaults(artifact.kind, spec));
  if (differences.length === 0) return unchanged;
  throw fixed(`version ${number} of ${name}`, differences, "Give the new content another version.");
}

/** The spec as the server stores it, so that the two can be compared; as written where it is wrong. */
function withDefaults(kind: ArtifactKind, spec: Record<string, unknown>): unknown {
  const parsed = VERSION_SPECS[kind].safeParse(spec);
  return parsed.success ? parsed.data : spec;
}

const fixed = (what: string, differences: readonly { path: string }[], hint?: string): Refusal =>
  new Refusal(
    `${what} exists and cannot be changed; the manifest differs in ${differences.map(({ path }) => path).join(", ")}`,
    hint === undefined ? [] : [hint],
  );
