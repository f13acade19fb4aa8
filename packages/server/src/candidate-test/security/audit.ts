import { setTimeout as pause } from "node:timers/promises";
import { newLines } from "@sluice/core";
import { failed, type Outcome, passed, skipped, type TestContext } from "../planned.ts";

/** How long a line of the log is waited for, and how often the log is read meanwhile. */
const PATIENCE_MS = 15_000;
const INTERVAL_MS = 200;
/** Characters of a line that a pattern is shown. */
const MAX_LINE = 4_096;

/** (7) A call of the audited path leaves a line in the log of the instance that took it. */
export async function auditLogging({ run, instance, signal, judge, ask }: TestContext): Promise<Outcome> {
  const { auditPath: path, auditPattern: pattern } = run.options.security;
  if (path === null || pattern === null) {
    return skipped("No auditPath with auditPattern is declared, so it is not known which call must leave which line.");
  }
  const before = await run.logs(instance.id);
  const outcome = await ask({ path });
  const status = outcome.answered ? `answered ${outcome.answer.status}` : `was not answered (${outcome.reason})`;
  const deadline = performance.now() + PATIENCE_MS;
  let seen: string[] = [];
  while (performance.now() < deadline) {
    seen = newLines(before, await run.logs(instance.id));
    const lines = seen.map((line) => line.slice(0, MAX_LINE));
    const [line] = await judge.ask({ type: "match", pattern, lines });
    if (line !== undefined) {
      return passed(
        `GET ${path} ${status} and left a line that matches /${pattern}/, among ${seen.length} new lines of ${instance.id}; without it the check would have failed.`,
        { logs: [line] },
      );
    }
    await pause(INTERVAL_MS, undefined, { signal });
  }
  return failed(
    `GET ${path} ${status}, but none of ${seen.length} new lines in the log of ${instance.id} matched /${pattern}/ within ${PATIENCE_MS / 1_000} s; it passes with one that does.`,
    { logs: seen.slice(-20) },
  );
}
