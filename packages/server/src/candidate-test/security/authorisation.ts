import { failed, type Outcome, passed, skipped, type TestContext } from "../planned.ts";

/** (2) The privileged path refuses the low-privilege token with 403: the token is known, and not allowed to. */
export async function authorisation({ run, ask }: TestContext): Promise<Outcome> {
  const { privilegedPath: path, lowPrivilegeHeaders: headers } = run.options.security;
  if (path === null || headers === null) {
    return skipped(
      "No privilegedPath with lowPrivilegeHeaders is declared, so there is nothing a low-privilege token must be refused.",
    );
  }
  const outcome = await ask({ path, headers });
  if (!outcome.answered) {
    return failed(
      `GET ${path} with the low-privilege token must answer 403, but there was no answer: ${outcome.reason}.`,
    );
  }
  const { status } = outcome.answer;
  const logs = [`GET ${path} with the low-privilege token: ${status}`];
  if (status === 403) {
    return passed(
      `GET ${path} refused the low-privilege token with 403 in one request; any other answer would have failed it.`,
      { logs },
    );
  }
  const why = status === 401 ? " (the token itself was refused, so its privileges were never looked at)" : "";
  return failed(`GET ${path} answered ${status} to the low-privilege token${why}; it passes with 403.`, { logs });
}
