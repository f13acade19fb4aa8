import { describe } from "@sluice/core";
import type { Colors } from "../session.ts";

export interface ChangeView {
  path: string;
  change: "added" | "removed" | "changed";
  from?: unknown;
  to?: unknown;
}

/** A difference, one line for each value: `+` added, `-` removed, `~` changed. */
export function renderChanges(changes: readonly ChangeView[], colors: Colors): string {
  if (changes.length === 0) return "no difference";
  return changes.map((change) => renderChange(change, colors)).join("\n");
}

function renderChange({ path, change, from, to }: ChangeView, colors: Colors): string {
  switch (change) {
    case "added":
      return colors.green(`+ ${path}: ${describe(to)}`);
    case "removed":
      return colors.red(`- ${path}: ${describe(from)}`);
    case "changed":
      return colors.yellow(`~ ${path}: ${describe(from)} → ${describe(to)}`);
  }
}
