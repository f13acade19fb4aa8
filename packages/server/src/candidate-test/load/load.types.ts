/** What a load generator is told. */
export interface LoadSpec {
  /** One for each instance; connections are dealt to them in turn. */
  urls: readonly string[];
  method: string;
  headers: Readonly<Record<string, string>>;
  body: string | null;
  connections: number;
  seconds: number;
  /** Milliseconds: an answer after this is late. */
  limitMs: number;
}
