/** By what callers of the candidate are told, as it is written. */
export const MATCH_LABELS = {
  header: "By a header",
  cookie: "By a cookie",
  region: "By their region",
} as const;

export type MatchBy = keyof typeof MATCH_LABELS;

/** As the API takes it. A region has no name. */
export function matchOf(by: MatchBy, name: string, value: string) {
  switch (by) {
    case "header":
      return { header: { [name.trim()]: value } };
    case "cookie":
      return { cookie: { [name.trim()]: value } };
    case "region":
      return { region: value.trim() };
  }
}
