import { failed, type Outcome, passed, skipped, type TestContext } from "../planned.ts";

/** Credentials that nobody gave out. */
const WRONG = { authorization: "Bearer sluice-test-not-a-token" };

/** (1) The protected path refuses callers without credentials, and callers with wrong ones: 401 or 403. */
export async function authentication({ run, ask }: TestContext): Promise<Outcome> {
  const path = run.options.security.protectedPath;
  if (path === null) {
    return skipped(
      "No protectedPath is declared, so it is not known what must be refused to callers without credentials.",
    );
  }
  const tries = [
    { who: "without credentials", outcome: await ask({ path }) },
    { who: "with a wrong token", outcome: await ask({ path, headers: WRONG }) },
  ];
  const logs = tries.map(({ who, outcome }) =>
    outcome.answered ? `GET ${path} ${who}: ${outcome.answer.status}` : `GET ${path} ${who}: ${outcome.reason}`,
  );
  const wrong = tries.flatMap(({ who, outcome }) => {
    if (!outcome.answered) return [`${who} there was no answer (${outcome.reason})`];
    const { status } = outcome.answer;
    return status === 401 || status === 403 ? [] : [`${who} it answered ${status}`];
  });
  return wrong.length === 0
    ? passed(
        `GET ${path} refused both callers, the one without credentials and the one with a wrong token; an answer other than 401 or 403 would have failed it.`,
        { logs },
      )
    : failed(`GET ${path} must answer 401 or 403, but ${wrong.join(", and ")}, in ${tries.length} requests.`, { logs });
}
