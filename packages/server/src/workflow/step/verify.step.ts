import { setTimeout as delay } from "node:timers/promises";
import { fillTemplates, type HttpCheck, SluiceError, type VerifyStep } from "@sluice/core";
import { boundedRequest, originOf } from "../../metric/bounded.request.ts";
import type { Fly } from "./flight.step.ts";
import { failed, succeeded } from "./step.types.ts";

const MOST_BYTES = 1_048_576;

/** HTTP checks, all of them round by round, until as many rounds in a row have passed as the stage asks for. */
export const verify: Fly = async ({ stage, values }, signal) => {
  if (stage.verify === undefined) throw new TypeError(`stage ${stage.name} verifies nothing`);
  const step = fillTemplates(stage.verify, values);
  for (const { url } of step.checks) assertHttp(url);
  return rounds(step, signal);
};

async function rounds({ checks, times, intervalSeconds }: VerifyStep, signal: AbortSignal) {
  let passed = 0;
  let count = 0;
  let last = "nothing was asked yet";
  while (!signal.aborted) {
    count += 1;
    const problems = await problemsOf(checks, signal).catch(() => null);
    if (problems === null) break;
    passed = problems.length === 0 ? passed + 1 : 0;
    if (problems.length > 0) last = problems.join("; ");
    if (passed >= times) return succeeded({ outputs: { checks: String(checks.length), rounds: String(count) } });
    await delay(intervalSeconds * 1_000, undefined, { signal }).catch(() => undefined);
  }
  return failed(`after ${count} rounds: ${last}`);
}

const problemsOf = async (checks: readonly HttpCheck[], signal: AbortSignal): Promise<string[]> =>
  (await Promise.all(checks.map((check) => problemOf(check, signal)))).flat();

async function problemOf(check: HttpCheck, signal: AbortSignal): Promise<string[]> {
  const { url, method, headers, status, contains, timeoutSeconds } = check;
  const answer = await boundedRequest({ url, method, headers, timeoutSeconds, maxBytes: MOST_BYTES, signal });
  const which = `${method} ${originOf(url)}${new URL(url).pathname}`;
  if ("silent" in answer) return [`${which} ${answer.silent}`];
  if (answer.status !== status) return [`${which} answered ${answer.status}, not ${status}`];
  return contains === undefined || answer.text.includes(contains)
    ? []
    : [`${which} answered without ${JSON.stringify(contains)}`];
}

function assertHttp(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw new SluiceError("invalid_argument", `${JSON.stringify(url)} is no address of http or https`);
}
