import type { Instant, RunEvent, WorkflowRun } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { appendEvents } from "../event/event.store.ts";

/** Stores what happened in a run. This also wakes the servers that keep runs: they listen for events. */
export async function reportRun(db: Db, run: WorkflowRun, events: readonly RunEvent[], now: Instant): Promise<void> {
  await appendEvents(
    db,
    events.map(({ type, message, alert, stage, task }) => ({
      project: run.project,
      deployment: null,
      rollout: null,
      type,
      message,
      alert,
      data: { run: run.id, workflow: run.workflow, ...(stage !== null && { stage }), ...(task !== null && { task }) },
      at: new Date(now),
    })),
  );
}
