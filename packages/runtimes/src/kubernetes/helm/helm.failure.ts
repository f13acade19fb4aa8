import { type ErrorCode, SluiceError } from "@sluice/core";
import { createMask } from "../../command/mask.ts";
import type { CommandEnd } from "./helm.command.ts";

interface Attempt {
  /** Of the helm program, as it was asked for. */
  program: string;
  /** What was tried: `install`, `upgrade`, … */
  verb: string;
  /** `namespace/name` */
  release: string;
  timeoutMs: number;
  /** Never told, wherever they turn up. */
  secrets: readonly string[];
}

/** What helm says in front of what the matter is. */
const PREFIXES = /^(Error: |INSTALLATION FAILED: |UPGRADE FAILED: |uninstallation completed with \d+ error\(s\): )+/;
/** Longer explanations are cut: they go into a rollout's reason. */
const LONGEST = 1_000;

/** An attempt that did not end well, in helm's own words: `release shop/iris-x7k2m-r2: exceeded quota: …`. */
export function helmFailure(end: CommandEnd, attempt: Attempt): SluiceError {
  const { program, verb, release, timeoutMs, secrets } = attempt;
  const what = `release ${release}: `;
  if (end.reason === "not found") {
    return new SluiceError(
      "failed_precondition",
      `${what}models are installed by helm, and ${program} cannot be run (${end.errors}); install it, or name another one by SLUICE_HELM`,
    );
  }
  if (end.reason === "timeout")
    return new SluiceError("deadline_exceeded", `${what}helm ${verb} did not end within ${timeoutMs / 1_000} s`);
  if (end.reason !== null) return new SluiceError("unavailable", `${what}helm ${verb} was ended before it was done`);
  const words = createMask(secrets)(wordsOf(end.errors));
  return new SluiceError(codeOf(words), `${what}${words || `helm ${verb} ended with ${end.code}`}`);
}

/** The complaint without warnings and without what is said of every failure. */
function wordsOf(errors: string): string {
  const lines = errors.split("\n").map((line) => line.trim());
  const first = lines.findIndex((line) => line.startsWith("Error: "));
  const told = first === -1 ? lines : lines.slice(first);
  return told
    .filter((line) => line !== "")
    .join(" ")
    .replace(PREFIXES, "")
    .slice(0, LONGEST);
}

/** helm has no codes: words that it, its libraries and the API server have used for the same thing for years. */
const BY_WORDS: readonly [RegExp, ErrorCode][] = [
  [
    /cluster unreachable|connection refused|connection reset|i\/o timeout|TLS handshake timeout|no such host|EOF/,
    "unavailable",
  ],
  [
    /too many requests|etcdserver: |the server is currently unable|failed calling webhook|Internal error occurred/i,
    "unavailable",
  ],
  [/another operation .* is in progress/, "unavailable"],
  [/exceeded quota/, "resource_exhausted"],
  [/Unauthorized|must be logged in/, "unauthenticated"],
  [/denied (the )?request|violates PodSecurity|is being terminated/, "failed_precondition"],
  [/is forbidden|cannot .* in API group/, "permission_denied"],
  [/values don't meet the specifications/, "invalid_argument"],
  [/context deadline exceeded|timed out/, "deadline_exceeded"],
];

const codeOf = (words: string): ErrorCode =>
  BY_WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? "failed_precondition";

/** Whether trying again, with nothing changed, may help. */
export const isPassing = ({ code }: SluiceError): boolean => code === "unavailable" || code === "deadline_exceeded";
