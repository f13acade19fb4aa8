import { percentFromWeight } from "../traffic/split.ts";
import { isTouched, type MemberState } from "./member.ts";

/** What a wave waits for, as the end of a sentence. */
export function describeMembers(members: readonly MemberState[], targets: readonly string[]): string {
  const open = members.filter(({ target, state }) => targets.includes(target) && state !== "done");
  return `waits for ${open.length === 0 ? targets.join(", ") : open.map(describeMember).join(", ")}`;
}

/** Which targets are still on their way back, as a clause. */
export function describeReturn(members: readonly MemberState[]): string {
  const open = members.filter(isTouched);
  if (open.length === 0) return "every target serves what it served before";
  return `waits for ${open.map(describeReturning).join(", ")} to go back`;
}

const describeReturning = ({ target, reason }: MemberState): string =>
  reason === null ? target : `${target} (${reason})`;

function describeMember({ target, state, phase, weight, asks, reason }: MemberState): string {
  if (reason !== null) return `${target} (${reason})`;
  if (asks) return `${target} (a step there waits for approval)`;
  if (state !== "underway" || phase === null) return `${target} (${state})`;
  const share = weight > 0 ? ` at ${percentFromWeight(weight)} %` : "";
  return `${target} (${phase.replaceAll("_", " ")}${share})`;
}
