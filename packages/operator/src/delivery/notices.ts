import type { Notice } from "../events.ts";
import type { DeliveryStatus } from "./delivery.kinds.ts";

const WARNINGS: ReadonlySet<string> = new Set(["RolledBack", "GatesFailed", "Failed", "RollingBack"]);

/** What happened between two looks: the wish was taken or refused, a rollout entered another phase. */
export function noticesOf(before: DeliveryStatus | undefined, after: DeliveryStatus): Notice[] {
  const conditionIn = (status: DeliveryStatus | undefined, type: string) =>
    status?.conditions.find((condition) => condition.type === type);
  const notices: Notice[] = [];
  const [was, is] = [conditionIn(before, "Accepted"), conditionIn(after, "Accepted")];
  if (is !== undefined && (was?.reason !== is.reason || was?.message !== is.message)) {
    const { status, reason = "", message = "" } = is;
    const note = message || "the server has it as it is written here";
    notices.push({ type: status === "True" ? "Normal" : "Warning", reason, action: "Apply", note });
  }
  const [stood, stands] = [conditionIn(before, "Ready"), conditionIn(after, "Ready")];
  const moved = stood?.reason !== stands?.reason || before?.rollout !== after.rollout;
  if (after.deployment !== undefined && stands !== undefined && moved) {
    const { reason = "", message = "" } = stands;
    notices.push({ type: WARNINGS.has(reason) ? "Warning" : "Normal", reason, action: "Observe", note: message });
  }
  return notices;
}
