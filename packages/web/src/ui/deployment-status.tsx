import type { Deployment } from "@sluice/client";
import { Badge, type Tone } from "./badge.tsx";

/** A deployment's status, or what the whole of several targets says of one that it has not come to yet. */
export type ShownStatus = Deployment["status"] | "waiting";

const TONES: Readonly<Record<ShownStatus, Tone>> = {
  deploying: "accent",
  running: "good",
  updating: "accent",
  rolling_back: "bad",
  stopped: "plain",
  failed: "bad",
  deleting: "warn",
  waiting: "plain",
};

export const StatusBadge = ({ status }: { status: ShownStatus }) => (
  <Badge tone={TONES[status]}>{status.replaceAll("_", " ")}</Badge>
);
