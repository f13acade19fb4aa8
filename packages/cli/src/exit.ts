import type { Phase } from "@sluice/client";

/** What the process says to scripts. Part of the interface: numbers never change their meaning. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  auth: 5,
  unreachable: 6,
  rolledBack: 7,
  failed: 8,
  cancelled: 9,
  timeout: 10,
  worse: 11,
  noVerdict: 12,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For `--help` and the docs. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "done",
  unexpected: "something unexpected went wrong",
  usage: "the command line or a file is not right",
  notFound: "there is no such thing",
  refused: "refused: not possible in the present state",
  auth: "not logged in, or not allowed",
  unreachable: "the server does not answer",
  rolledBack: "the rollout was rolled back",
  failed: "the rollout failed (gates_failed, failed)",
  cancelled: "the rollout was cancelled or superseded",
  timeout: "--timeout was over before the rollout",
  worse: "judge: the candidate is worse",
  noVerdict: "judge: there is no telling",
  interrupted: "interrupted by Ctrl-C; the rollout goes on",
};

/** A failure that is explained already: shown without a stack, with the command to try next. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;
  readonly hints: readonly string[];

  constructor(exitCode: ExitCode, message: string, hints: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.hints = hints;
  }
}

/** How a rollout that ended in `phase` ends the command that waited for it. Phases that are not terminal are not failures. */
export function exitCodeOf(phase: Phase): ExitCode {
  switch (phase) {
    case "rolled_back":
      return EXIT.rolledBack;
    case "failed":
    case "gates_failed":
      return EXIT.failed;
    case "cancelled":
    case "superseded":
      return EXIT.cancelled;
    default:
      return EXIT.ok;
  }
}
