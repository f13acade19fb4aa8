import type { Notice } from "../events.ts";
import type { PipelineStatus } from "./pipeline.types.ts";

/** What happened between two looks, as people want to be told. */
export function noticesOf(before: PipelineStatus | undefined, after: PipelineStatus): Notice[] {
  const notices: Notice[] = [];
  const add = (type: Notice["type"], reason: string, action: string, note: string): void => {
    notices.push({ type, reason, action, note });
  };
  if (after.digest !== "" && after.digest !== (before?.digest ?? "")) {
    const note = before?.digest ? "new collectors replace those of before" : "collectors are started";
    add("Normal", before?.digest ? "Updating" : "Creating", "Apply", `${note} (${after.digest})`);
  }
  const isNews = before?.phase !== after.phase || (after.phase !== "Progressing" && before.message !== after.message);
  if (!isNews) return notices;
  const reason = after.conditions.find(({ type }) => type === "Ready")?.reason ?? after.phase;
  switch (after.phase) {
    case "Running":
      add("Normal", "Running", "Observe", after.message);
      break;
    case "Terminating":
      if (before?.phase !== "Terminating") add("Normal", "Deleting", "Delete", "collectors are stopped");
      break;
    case "Pending":
    case "Degraded":
    case "Invalid":
      add("Warning", reason, "Observe", after.message);
      break;
    case "Progressing":
      break;
  }
  return notices;
}
