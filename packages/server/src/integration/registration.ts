import { needs, type Registration } from "@sluice/core";
import type { Db } from "../db/database.ts";
import type { StoredEvent } from "../event/event.reader.ts";
import { type EventContext, isoOf } from "../notification/context.store.ts";
import type { Letter } from "../notification/outbox.store.ts";
import { deleteRegistration, findRegistration, type StoredIntegration, saveRegistration } from "./integration.store.ts";

/**
 * What an event gives an integration to hear, in the caller's transaction. A rollout that completes is a registration of what
 * serves now. One that is taken back after its instances had begun is a deregistration of the candidate, and of nothing else: what
 * served before stays registered. A deployment that is removed is deregistered as it was last registered.
 */
export async function registrationsFor(
  db: Db,
  integration: StoredIntegration,
  event: StoredEvent,
  context: EventContext,
): Promise<Letter[]> {
  if (integration.project !== event.project || event.deployment === null || event.at < integration.createdAt) return [];
  const registration =
    event.type === "deployment.deleted"
      ? await removed(db, integration, event)
      : event.type === "rollout.phase.changed"
        ? await moved(db, integration, event, context)
        : null;
  if (registration === null) return [];
  const { project, id: receiver } = integration;
  return [{ project, receiver, message: { kind: "registration", registration }, at: event.at }];
}

async function removed(db: Db, { id }: StoredIntegration, event: StoredEvent): Promise<Registration | null> {
  const known = event.deployment === null ? null : await findRegistration(db, id, event.deployment);
  if (known === null) return null;
  await deleteRegistration(db, id, known.deployment.id);
  return { ...known, state: "deregistered", rollout: null, reason: event.message, at: isoOf(event.at) };
}

async function moved(
  db: Db,
  { id, spec }: StoredIntegration,
  { data, message, at, project, rollout: rolloutId }: StoredEvent,
  { deployment, rollout }: EventContext,
): Promise<Registration | null> {
  if (deployment === null || rollout === null || !needs(spec, deployment.kind, deployment.environment)) return null;
  const registration: Registration = {
    state: "registered",
    project,
    environment: deployment.environment,
    deployment: { id: deployment.id, name: deployment.name },
    kind: deployment.kind,
    artifact: deployment.artifact,
    version: rollout.toVersion,
    revision: rollout.toRevision,
    rollout: rolloutId,
    path: await pathOf(db, deployment.id),
    reason: message,
    at: isoOf(at),
  };
  if (data.to === "completed") {
    await saveRegistration(db, id, registration);
    return registration;
  }
  // Taken back after its completion, or on its way: whatever had begun for it is gone, unless nothing else could serve.
  if (data.from !== "completed" && data.from !== "rolling_back") return null;
  if (data.from === "rolling_back" && deployment.stableRevision === rollout.toRevision) return null;
  const known = await findRegistration(db, id, deployment.id);
  if (known?.revision === rollout.toRevision) await deleteRegistration(db, id, deployment.id);
  return { ...registration, state: "deregistered" };
}

async function pathOf(db: Db, deployment: string): Promise<string | null> {
  const row = await db.selectFrom("routes").select("path").where("deployment_id", "=", deployment).executeTakeFirst();
  return row?.path ?? null;
}
