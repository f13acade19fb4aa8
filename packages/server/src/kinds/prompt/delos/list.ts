import { PHASES, type Phase, parseField, type Rollout } from "@sluice/core";
import type { GrpcCall, GrpcDeps } from "../../../grpc/grpc.types.ts";
import { listDeploymentsRequest } from "./request.schema.ts";
import { type DelosStatus, delosStatus } from "./status.ts";

/** Rollouts that are looked at in one go. */
const BATCH = 200;

/** Newest first. The status is no column: it is made of the phase and the approvals, and the list is read on until the page is full. */
export async function listDeliveries(
  { services }: GrpcDeps,
  { principal, signal }: GrpcCall,
  body: unknown,
): Promise<{ rollouts: Rollout[]; nextPageToken: string }> {
  const {
    prompt_id: artifact,
    environment,
    status,
    limit,
    page_token,
    project,
  } = parseField(listDeploymentsRequest, body);
  const rollouts: Rollout[] = [];
  let cursor = page_token;
  for (;;) {
    signal.throwIfAborted();
    const phase = status === undefined ? undefined : phasesOf(status);
    const query = { project, artifact, kind: "prompt" as const, environment, phase, cursor };
    const size = status === undefined ? limit - rollouts.length : BATCH;
    const page = await services.rollouts.list(principal, { ...query, limit: size });
    for (const rollout of page.items) {
      if (status !== undefined && delosStatus(rollout) !== status) continue;
      rollouts.push(rollout);
      if (rollouts.length === limit) {
        const isLast = rollout === page.items.at(-1) && page.nextCursor === null;
        return { rollouts, nextPageToken: isLast ? "" : cursorAfter(rollout) };
      }
    }
    if (page.nextCursor === null) return { rollouts, nextPageToken: "" };
    cursor = page.nextCursor;
  }
}

/** The cursor that a list ending with this rollout would have. */
const cursorAfter = ({ id }: Rollout): string => Buffer.from(id).toString("base64url");

/** Phases that may be shown as the status, whatever was approved. */
const phasesOf = (status: DelosStatus): Phase[] =>
  PHASES.filter((phase) =>
    [0, 1].some((requiredApprovals) => delosStatus({ phase, requiredApprovals, approvals: [] }) === status),
  );
