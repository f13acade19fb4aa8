/** Names of variables whose value must not be repeated in a reason, a log or an answer. */
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|KEY|CREDENTIAL|DATABASE_URL|DSN/i;
const LONGEST_LINE = 300;

export const UNWATCHED = "exit status unknown (it ended while not watched)";

export const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exited with status ${code ?? "unknown"}` : `was killed by ${signal}`;

export interface Variables {
  env: Record<string, string>;
  secrets?: Record<string, string> | undefined;
}

/** How it ended and what it said last, with the values of secrets, and of variables that look secret, blotted out. */
export function exitReason(how: string, lines: string[], variables: Variables): string {
  const telling = lastWords(lines);
  if (telling.length === 0) return how;
  const said = telling.map((line) => redact(line.trim(), variables).slice(0, LONGEST_LINE)).join(" | ");
  return `${how}; last said: ${said}`;
}

/** At most three lines: from the last that names an error, otherwise the last ones; stack frames tell a reader little. */
function lastWords(lines: string[]): string[] {
  const words = lines.filter((line) => /\w/.test(line) && !/^\s+at |^Node\.js v\d/.test(line));
  const error = words.findLastIndex((line) =>
    /^\s*(?:[\w.]*(?:Error|Exception)\b|error\b|fatal\b|panic\b)/i.test(line),
  );
  return error < 0 ? words.slice(-3) : words.slice(error, error + 3);
}

function redact(text: string, { env, secrets = {} }: Variables): string {
  const looking = Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
  return [...looking, ...Object.values(secrets)]
    .filter((value) => value.length >= 4)
    .reduce((left, secret) => left.replaceAll(secret, "•••"), text);
}

/** Whether the last words of a program are about a port that somebody else has. */
export const saysPortTaken = (lines: string[]): boolean =>
  lines.some((line) => /EADDRINUSE|address already in use/i.test(line));
