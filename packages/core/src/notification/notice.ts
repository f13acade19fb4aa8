import { ALERT_SEVERITY, type Alert, type AlertSeverity } from "./alert.ts";

export const NOTICE_STATES = ["firing", "resolved", "told", "test"] as const;
export type NoticeState = (typeof NOTICE_STATES)[number];

/** What a channel is told, whatever it speaks. Holds no secrets: it is stored, shown and sent. */
export interface Notice {
  alert: Alert;
  state: NoticeState;
  severity: AlertSeverity;
  /** The same from the beginning of an incident to its end; null for news that is over when it is told. */
  incident: string | null;
  /** One line. */
  summary: string;
  /** What happened, in a sentence. */
  message: string;
  project: string;
  environment: string | null;
  deployment: { id: string; name: string } | null;
  artifact: string | null;
  kind: string | null;
  rollout: string | null;
  fromVersion: string | null;
  toVersion: string | null;
  trigger: string | null;
  /** For figures: `response_time > 2.0s`. */
  threshold: string | null;
  /** For figures: `2.31 s`. */
  observed: string | null;
  /** Messages like this that were held back before it. */
  heldBack: number;
  /** Of the event; null for a test. */
  event: { id: string; type: string } | null;
  at: string;
}

const WORDS: Readonly<Record<Alert, string>> = {
  deployment_failure: "deployment failed",
  health_check_failure: "health checks failed",
  performance_degradation: "performance degraded",
  resource_exhaustion: "resources exhausted",
  security_violation: "security violated",
  test_failure: "tests failed",
  no_data: "no data to judge by",
  rollback: "rolled back",
  approval_required: "approval required",
  needs_attention: "needs attention",
  deployment_started: "deployment started",
  deployment_completed: "deployment completed",
  deployment_removed: "deployment removed",
};

type Subject = Pick<Notice, "alert" | "state" | "deployment" | "environment" | "toVersion" | "project">;

/** `greeter 1.1.0 in production: deployment failed`. */
export function summaryOf({ alert, state, deployment, environment, toVersion, project }: Subject): string {
  if (state === "test") return `Test of a notification channel of project ${project}`;
  const what = deployment === null ? `project ${project}` : deployment.name;
  const version = deployment === null || toVersion === null ? "" : ` ${toVersion}`;
  const where = environment === null ? "" : ` in ${environment}`;
  return `${what}${version}${where}: ${state === "resolved" ? `resolved (${WORDS[alert]})` : WORDS[alert]}`;
}

/** The notice with what follows from the rest. */
export const noticeOf = (fields: Omit<Notice, "severity" | "summary">): Notice => ({
  ...fields,
  severity: fields.state === "resolved" || fields.state === "test" ? "info" : ALERT_SEVERITY[fields.alert],
  summary: summaryOf(fields),
});

/** What people may want to read beside the message: names and values, those without a value left out. */
export function detailsOf(notice: Notice): [name: string, value: string][] {
  const { deployment, environment, artifact, rollout, fromVersion, toVersion, trigger, threshold, observed } = notice;
  const versions = fromVersion === null ? toVersion : `${fromVersion} → ${toVersion}`;
  const held = notice.heldBack === 0 ? null : `${notice.heldBack} like this since the last`;
  const all: [string, string | null][] = [
    ["Deployment", deployment === null ? null : deployment.name],
    ["Environment", environment],
    ["Artifact", artifact],
    ["Version", versions],
    ["Trigger", trigger],
    ["Threshold", threshold],
    ["Observed", observed],
    ["Rollout", rollout],
    ["Incident", notice.incident],
    ["Held back", held],
  ];
  return all.flatMap(([name, value]) => (value === null ? [] : [[name, value]]));
}
