import type { Artifact } from "@sluice/client";
import { oneIn, present, textIn } from "../app/search.ts";

const LABELS = {
  versions: "Versions",
  prompt: "Text and preview",
  files: "Files",
  configuration: "Configuration",
  compare: "Compare",
  evaluations: "Evaluations",
  gates: "Gates",
  history: "History",
} as const;

export type Tab = keyof typeof LABELS;

const OWN: Partial<Record<Tab, Artifact["kind"]>> = { prompt: "prompt", files: "model", configuration: "pipeline" };

const TABS = Object.keys(LABELS) as Tab[];

/** What there is to see of an artifact of a kind. */
export const tabsOf = (kind: Artifact["kind"]): { name: Tab; label: string }[] =>
  TABS.filter((tab) => OWN[tab] === undefined || OWN[tab] === kind).map((name) => ({ name, label: LABELS[name] }));

export interface ArtifactSearch {
  tab?: Tab;
  /** Which version is looked at. Absent: the one that was registered last. */
  version?: string;
  /** Which one it is compared with. Absent: the one before. */
  against?: string;
}

export const artifactSearch = (raw: Record<string, unknown>): ArtifactSearch =>
  present({ tab: oneIn(TABS, raw.tab), version: textIn(raw.version), against: textIn(raw.against) });

/** The two versions to compare, the older first; null where there are no two. `versions` are newest first. */
export function compared(
  versions: readonly { version: string }[],
  { version, against }: ArtifactSearch,
): { from: string; to: string } | null {
  const names = versions.map((one) => one.version);
  const to = version ?? names[0];
  if (to === undefined) return null;
  const from = against ?? names[names.indexOf(to) + 1] ?? names.find((name) => name !== to);
  return from === undefined ? null : { from, to };
}
