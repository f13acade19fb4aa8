import { countIn, oneIn, present, textIn } from "../app/search.ts";

export const TABS = [
  { name: "overview", label: "Overview" },
  { name: "logs", label: "Logs" },
  { name: "revisions", label: "Revisions" },
  { name: "configuration", label: "Configuration" },
  { name: "endpoints", label: "Endpoints" },
  { name: "history", label: "Rollouts" },
  { name: "audit", label: "Audit" },
] as const;

export type Tab = (typeof TABS)[number]["name"];

export interface DeploymentSearch {
  tab?: Tab;
  /** Of the logs: whose lines, and what is searched in them. */
  revision?: number;
  instance?: string;
  q?: string;
  /** Whether the times of the lines are left out. */
  times?: "off";
  /** Of the revisions: which two are compared. */
  from?: number;
  to?: number;
}

export const deploymentSearch = (raw: Record<string, unknown>): DeploymentSearch =>
  present({
    tab: oneIn(
      TABS.map(({ name }) => name),
      raw.tab,
    ),
    revision: countIn(raw.revision),
    instance: textIn(raw.instance),
    q: textIn(raw.q),
    times: oneIn(["off"] as const, raw.times),
    from: countIn(raw.from),
    to: countIn(raw.to),
  });
