import { createCelEvaluator } from "../cel/cel.evaluator.ts";
import type { CelOutcome } from "../cel/cel.messages.ts";
import { type Finding, fail, pass } from "../engine/checks/finding.ts";
import type { Candidate, Check, CheckContext } from "../engine/checks.ts";
import { POLICY_CEL, policyValues } from "./policy.cel.ts";
import { listPolicies, type StoredPolicy } from "./policy.store.ts";

/** Every policy that reaches the candidate, a finding each. Without any the question does not arise. */
export const policyChecks: readonly Check[] = [{ name: "policy", type: "policy", severity: "critical", run: judge }];

async function judge({ db, candidate, cel }: CheckContext): Promise<Finding[] | null> {
  const policies = await listPolicies(db, { project: candidate.project });
  const asked = policies.filter((policy) => reaches(policy, candidate));
  if (asked.length === 0) return null;
  const evaluator = cel ?? createCelEvaluator();
  try {
    const values = policyValues(candidate);
    const findings: Finding[] = [];
    for (const policy of asked) {
      const outcome = await evaluator.evaluate({ expression: policy.expression, declarations: POLICY_CEL, values });
      findings.push(findingOf(policy, outcome));
    }
    return findings;
  } finally {
    if (cel === undefined) await evaluator.close();
  }
}

const reaches = (policy: StoredPolicy, { environmentName, artifact, kind }: Candidate): boolean =>
  policy.enabled &&
  [
    [policy.environment, environmentName],
    [policy.artifact, artifact],
    [policy.kind, kind],
  ].every(([wanted, found]) => wanted === null || wanted === found);

/** One that cannot be answered is not met: nobody knows that the rule holds. */
function findingOf({ name, severity, description, expression }: StoredPolicy, outcome: CelOutcome): Finding {
  const rule = description === "" ? expression : `${description} (${expression})`;
  const named = { name: `policy/${name}`, severity };
  if (outcome.status === "value" && outcome.value) return { ...pass(`policy ${name} is met: ${rule}`), ...named };
  return { ...fail(`policy ${name} is not met${why(outcome)}: ${rule}`), ...named };
}

function why(outcome: CelOutcome): string {
  if (outcome.status === "missing")
    return `, since it names ${outcome.path.join(".")}, which is not there; ask has() first`;
  return outcome.status === "failed" ? `, since it cannot be evaluated: ${outcome.message}` : "";
}
