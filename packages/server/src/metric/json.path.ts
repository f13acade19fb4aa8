import { createContext, Script } from "node:vm";
import { query } from "jsonpath-rfc9535";
import { invalid, type MetricProblem } from "./metric.outcome.ts";

/** Milliseconds: `$..*..*..*..*` in a nested answer has millions of findings, and everybody waits meanwhile. */
const LIMIT_MS = 1_000;

const script = new Script("follow()");
const sandbox: { follow: () => void } = { follow: () => undefined };
const context = createContext(sandbox);

/** What the path (RFC 9535) finds in the document; a problem for one that cannot be followed, or not in a second. */
export function followPath(document: unknown, path: string, limitMs: number = LIMIT_MS): unknown[] | MetricProblem {
  let found: unknown[] = [];
  sandbox.follow = () => {
    found = query(document as Parameters<typeof query>[0], path);
  };
  try {
    // The only way to stop what runs in this thread.
    script.runInContext(context, { timeout: limitMs });
    return found;
  } catch (error) {
    if (isTimeout(error)) return invalid(`the path ${path} took more than ${limitMs} ms; allowed: a plainer path`);
    const why = error instanceof Error ? error.message.slice(0, 200) : "an error";
    return invalid(`the path ${path} cannot be followed: ${why}`);
  }
}

/** Not by `instanceof`: the error is one of the script's own world. */
const isTimeout = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
