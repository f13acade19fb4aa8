import { parseField } from "@sluice/core";
import { inAmbientTransaction } from "../../../db/ambient.ts";
import type { Db } from "../../../db/database.ts";
import type { StoredGate } from "../../../gate/gate.store.ts";
import type { GrpcCall, GrpcDeps } from "../../../grpc/grpc.types.ts";
import { conditionView, gateNameOf, isAboutPrompts, toGateSpec } from "./gate.mapping.ts";
import { createQualityGateRequest, listQualityGatesRequest } from "./request.schema.ts";
import { timestamp } from "./timestamp.ts";

/** The message `QualityGate`. */
type QualityGate = ReturnType<typeof qualityGateView>;

export async function createQualityGate(
  { db, services }: GrpcDeps,
  { principal, signal }: GrpcCall,
  body: unknown,
): Promise<QualityGate> {
  const request = parseField(createQualityGateRequest, body);
  const spec = toGateSpec(request);
  const key = { project: request.project, name: gateNameOf(request) };
  return inAmbientTransaction(db, async () => {
    const gate = await services.gates.create(principal, key, spec);
    const title = { project: gate.project, gate: gate.name, title: request.name };
    await db.insertInto("gate_titles").values(title).execute();
    signal.throwIfAborted();
    return qualityGateView(gate, request.name);
  });
}

export async function listQualityGates(
  { db, services }: GrpcDeps,
  { principal }: GrpcCall,
  body: unknown,
): Promise<{ gates: QualityGate[]; nextPageToken: string }> {
  const { prompt_id: artifact, limit, page_token: cursor, project } = parseField(listQualityGatesRequest, body);
  const page = await services.gates.list(principal, { project, artifact, limit, cursor });
  const asked = page.items.filter(({ spec }) => isAboutPrompts(spec));
  const titles = await titlesOf(db, asked);
  return {
    gates: asked.map((gate) => qualityGateView(gate, titles.get(gate.name))),
    nextPageToken: page.nextCursor ?? "",
  };
}

/** As people wrote them, by the gates' names; of one project. */
export async function titlesOf(
  db: Db,
  gates: readonly { project: string; name: string }[],
): Promise<ReadonlyMap<string, string>> {
  const [first] = gates;
  if (first === undefined) return new Map();
  const names = gates.map(({ name }) => name);
  const rows = await db
    .selectFrom("gate_titles")
    .select(["gate", "title"])
    .where("project", "=", first.project)
    .where("gate", "in", names)
    .execute();
  return new Map(rows.map(({ gate, title }) => [gate, title]));
}

function qualityGateView({ name, project, spec, createdAt, updatedAt }: StoredGate, title: string | undefined) {
  return {
    id: name,
    name: title ?? name,
    prompt_id: spec.artifact ?? "",
    required: spec.required,
    conditions: spec.conditions.map(conditionView),
    environment: spec.environment ?? "",
    created_at: timestamp(createdAt),
    updated_at: timestamp(updatedAt),
    project,
  };
}
