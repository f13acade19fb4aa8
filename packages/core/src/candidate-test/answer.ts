/** What came back from the candidate for one request, as far as it was read. */
export interface TestAnswer {
  status: number;
  /** Names in lower case; repeated headers joined with ", ". */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The body was longer than what is read of one. */
  truncated: boolean;
  /** Milliseconds until the last byte that was read. */
  ms: number;
}
