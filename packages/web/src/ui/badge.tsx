import type { ReactNode } from "react";

export type Tone = "plain" | "good" | "warn" | "bad" | "accent" | "stable" | "candidate";

const TONES: Readonly<Record<Tone, string>> = {
  plain: "border-line bg-sunken text-muted",
  good: "border-transparent bg-good-ground text-good",
  warn: "border-transparent bg-warn-ground text-warn",
  bad: "border-transparent bg-bad-ground text-bad",
  accent: "border-accent bg-transparent text-accent",
  stable: "border-stable bg-transparent text-stable",
  candidate: "border-candidate bg-transparent text-candidate",
};

export function Badge({ tone = "plain", children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex items-center gap-1 rounded-full border px-2 py-px text-xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
