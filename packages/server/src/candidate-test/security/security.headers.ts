import { failed, type Outcome, passed, skipped, type TestContext } from "../planned.ts";

/** Headers with one useful value: there, but with another, they protect nobody. */
const VALUES: Readonly<Record<string, { pattern: RegExp; allowed: string }>> = {
  "x-content-type-options": { pattern: /^nosniff$/i, allowed: "nosniff" },
  "x-frame-options": { pattern: /^(deny|sameorigin)$/i, allowed: "DENY or SAMEORIGIN" },
  "strict-transport-security": { pattern: /\bmax-age="?[1-9]/i, allowed: "a max-age above 0" },
};

/** (4) The answer to the usual request carries every header that is required. */
export async function securityHeaders({ run, ask }: TestContext): Promise<Outcome> {
  const { requiredHeaders } = run.options.security;
  const { path } = run.options.request;
  if (requiredHeaders.length === 0) return skipped("No requiredHeaders are declared.");
  const outcome = await ask({ path });
  if (!outcome.answered) return failed(`GET ${path} gave no answer whose headers could be read: ${outcome.reason}.`);
  const { headers } = outcome.answer;
  const problems = requiredHeaders.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    if (value === undefined || value === "") return [`${name} is missing`];
    const rule = VALUES[name.toLowerCase()];
    return rule === undefined || rule.pattern.test(value.trim())
      ? []
      : [`${name} is ${JSON.stringify(value.slice(0, 100))}, allowed: ${rule.allowed}`];
  });
  const logs = [`GET ${path}: ${outcome.answer.status} with ${Object.keys(headers).join(", ") || "no headers"}`];
  return problems.length === 0
    ? passed(
        `GET ${path} carried all ${requiredHeaders.length} required headers (${requiredHeaders.join(", ")}); one missing would have failed it.`,
        { logs },
      )
    : failed(`GET ${path}: ${problems.join("; ")}; it passes with all ${requiredHeaders.length} required headers.`, {
        logs,
      });
}
