import type { Answer } from "@sluice/client";

type Role = Answer<"listRoles", 200>["items"][number];

/** What all roles may do with one kind of thing: a row for it, and a list of verbs for each role. */
export interface RoleRow {
  noun: string;
  verbs: string[][];
}

export function rowsOf(roles: readonly Role[]): RoleRow[] {
  const all = new Set(roles.flatMap(({ actions }) => actions.map(nounOf)));
  return [...all].toSorted().map((noun) => ({
    noun,
    verbs: roles.map(({ actions }) =>
      actions.filter((action) => nounOf(action) === noun).map((action) => action.slice(noun.length + 1)),
    ),
  }));
}

const nounOf = (action: string): string => action.split(".")[0] ?? action;
