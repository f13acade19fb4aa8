import type { ExchangeOutcome } from "../exchange.ts";
import { failed, type Outcome, passed, type TestContext } from "../planned.ts";

/** Milliseconds for sending a body above the limit. */
const BODY_MS = 60_000;

interface Trial {
  what: string;
  outcome: ExchangeOutcome;
  /** What was wrong with it; null when it was refused as it should be. */
  problem: string | null;
}

/** (6) Methods that nobody needs and bodies above the limit are refused, and the candidate lives on. */
export async function limits(context: TestContext): Promise<Outcome> {
  const { run, ask } = context;
  const { path } = run.options.request;
  const { maxBodyBytes } = run.options.security;
  const trials: Trial[] = [];
  for (const method of ["TRACE", "SLUICE"]) {
    trials.push(refusedMethod(method, await ask({ path, method })));
  }
  const method = bodyMethod(run.options.request.method);
  for (const chunked of [false, true]) {
    const outcome = await ask({ path, method, body: { bytes: maxBodyBytes + 1, chunked }, timeoutMs: BODY_MS });
    trials.push(refusedBody(`${method} with ${maxBodyBytes + 1} bytes${chunked ? " in chunks" : ""}`, outcome));
  }
  const after = await ask({ path });
  const alive: Trial = {
    what: "the usual request afterwards",
    outcome: after,
    problem: after.answered ? null : `was not answered: ${after.reason}`,
  };
  const all = [...trials, alive];
  const problems = all.flatMap(({ what, problem }) => (problem === null ? [] : [`${what} ${problem}`]));
  const logs = all.map(({ what, outcome }) => `${what}: ${outcome.answered ? outcome.answer.status : outcome.reason}`);
  const metrics = {
    requests: all.length,
    refused: trials.length - trials.filter(({ problem }) => problem !== null).length,
  };
  return problems.length === 0
    ? passed(
        `TRACE, an unknown method and bodies of ${maxBodyBytes + 1} bytes were refused in ${trials.length} requests and the candidate lived on; one accepted would have failed it.`,
        { logs, metrics },
      )
    : failed(
        `${problems.join("; ")}; it passes when methods nobody needs and bodies above ${maxBodyBytes} bytes are refused.`,
        { logs, metrics },
      );
}

/** The load test's own method when that has a body, so that the path takes it. */
const bodyMethod = (method: string): string => (["POST", "PUT", "PATCH"].includes(method) ? method : "POST");

function refusedMethod(method: string, outcome: ExchangeOutcome): Trial {
  const what = `the method ${method}`;
  if (!outcome.answered) return { what, outcome, problem: unanswered(outcome) };
  const { status } = outcome.answer;
  return { what, outcome, problem: isRefusal(status) ? null : `was answered with ${status} instead of 405 or 501` };
}

function refusedBody(what: string, outcome: ExchangeOutcome): Trial {
  if (!outcome.answered) return { what, outcome, problem: unanswered(outcome) };
  const { status } = outcome.answer;
  if (status >= 500) return { what, outcome, problem: `was answered with ${status} instead of 413` };
  return { what, outcome, problem: isRefusal(status) ? null : `was answered with ${status} instead of 413` };
}

const isRefusal = (status: number): boolean => (status >= 400 && status < 500) || status === 501;

/** A connection that is closed refuses as well; one that hangs, or cannot be made, does not. */
const unanswered = (outcome: Extract<ExchangeOutcome, { answered: false }>): string | null =>
  outcome.why === "closed" ? null : `had no answer: ${outcome.reason}`;
