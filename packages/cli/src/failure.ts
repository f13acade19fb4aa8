import { ApiError, type FieldProblem, UnreachableError, WaitTimeoutError } from "@sluice/client";
import { type ErrorCode, SluiceError } from "@sluice/core";
import { Refusal } from "@sluice/manifest";
import { CliError, EXIT, type ExitCode } from "./exit.ts";

export interface Failure {
  exitCode: ExitCode;
  /** Lines for the standard error; the first says what happened. */
  lines: string[];
  /** Commands to try next. */
  hints: readonly string[];
}

/** What a person needs to know of any error: what happened, each bad field, what to try next. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CliError) return { exitCode: error.exitCode, lines: [error.message], hints: error.hints };
  if (error instanceof Refusal) return { exitCode: EXIT.refused, lines: [error.message], hints: error.hints };
  if (error instanceof ApiError) return describeAnswer(error);
  if (error instanceof UnreachableError) {
    return {
      exitCode: EXIT.unreachable,
      lines: [error.message],
      hints: isLocal(error.url)
        ? ["sluice up        start a server here", "sluice doctor    find out what is wrong"]
        : ["sluice doctor    find out what is wrong"],
    };
  }
  if (error instanceof WaitTimeoutError) {
    return { exitCode: EXIT.timeout, lines: [error.message], hints: [`sluice rollout watch ${error.rollout.id}`] };
  }
  const exitCode = error instanceof SluiceError ? EXIT_OF_CODE[error.code] : undefined;
  if (error instanceof SluiceError && exitCode !== undefined) return { exitCode, lines: [error.message], hints: [] };
  return {
    exitCode: EXIT.unexpected,
    lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
    hints: ["sluice doctor"],
  };
}

/** Of failures here, before any server was asked. */
const EXIT_OF_CODE: Partial<Record<ErrorCode, ExitCode>> = {
  invalid_argument: EXIT.usage,
  failed_precondition: EXIT.refused,
  permission_denied: EXIT.auth,
  unauthenticated: EXIT.auth,
  unavailable: EXIT.unreachable,
};

function describeAnswer({ problem, status }: ApiError): Failure {
  const fields = (problem.errors ?? []).filter((field) => !isTold(problem.detail, field)).map(describeField);
  const exitCode = exitCodeOfStatus(status);
  const trace =
    exitCode === EXIT.unexpected && problem.instance !== undefined
      ? [`The server's log tells more about ${problem.instance}.`]
      : [];
  return {
    exitCode,
    lines: [problem.detail || problem.title, ...fields, ...trace],
    hints: hintsFor(exitCode, problem),
  };
}

/** Whether the sentence is about this field already, as it is about the first: long lists of what is allowed are told once. */
const isTold = (sentence: string | undefined, { field, allowed }: FieldProblem): boolean =>
  field !== "" &&
  allowed !== undefined &&
  (sentence?.startsWith(`${field} is `) ?? false) &&
  sentence?.includes(allowed) === true;

const describeField = ({ field, found, allowed }: FieldProblem): string =>
  `  ${field || "(the body)"}: found ${found === undefined ? "nothing" : JSON.stringify(found)}` +
  (allowed === undefined ? "" : `; allowed: ${allowed}`);

function exitCodeOfStatus(status: number): ExitCode {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return EXIT.usage;
    case 401:
    case 403:
      return EXIT.auth;
    case 404:
      return EXIT.notFound;
    case 409:
    case 412:
    case 429:
      return EXIT.refused;
    case 502:
    case 503:
      return EXIT.unreachable;
    default:
      return EXIT.unexpected;
  }
}

const HINTS: Partial<Record<ExitCode, readonly string[]>> = {
  [EXIT.auth]: ["Give a token with --token, SLUICE_TOKEN, or the file admin-token of the data folder."],
  [EXIT.unreachable]: ["sluice status", "sluice doctor"],
};

const ROLLOUT_HINT = "sluice rollout get <rollout>    shows what is allowed now";

/** The group whose `list` shows what a sentence such as `gate prod does not exist` is about, by its first word. */
const GROUPS: ReadonlyMap<string, string> = new Map([
  ["deployment", "deploy"],
  ["evaluation", "eval"],
  ...[
    ...["agent", "artifact", "environment", "gate", "integration", "job", "model", "node", "notification", "policy"],
    ...["rollout", "schedule", "secret", "token", "trigger", "workflow"],
  ].map((noun) => [noun, noun] as const),
]);

function hintsFor(exitCode: ExitCode, { detail = "", errors = [] }: ApiError["problem"]): readonly string[] {
  if (exitCode !== EXIT.notFound && exitCode !== EXIT.refused) return HINTS[exitCode] ?? [];
  // A field that is named tells what is allowed; there is nothing to look up then.
  if (errors.length > 0) return [];
  if (exitCode === EXIT.refused) return /\brollout\b/.test(detail) ? [ROLLOUT_HINT] : [];
  const group = GROUPS.get(detail.split(" ", 1)[0] ?? "");
  return group === undefined ? [] : [`sluice ${group} list`];
}

function isLocal(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
