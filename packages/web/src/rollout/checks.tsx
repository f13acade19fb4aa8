import type { Rollout } from "@sluice/client";
import { Check, CircleDashed, Minus, X } from "lucide-react";
import type { ReactNode } from "react";
import { SIGNS } from "../format/comparison.ts";
import { Card } from "../ui/card.tsx";
import { Time } from "../ui/time.tsx";

type Result = "passed" | "failed" | "waiting" | "skipped";

const ICONS = { passed: Check, failed: X, waiting: CircleDashed, skipped: Minus } as const;
const TONES: Readonly<Record<Result, string>> = {
  passed: "text-good",
  failed: "text-bad",
  waiting: "text-warn",
  skipped: "text-muted",
};

/** One thing that was looked at, with what was found. */
function Finding({ result, name, children }: { result: Result; name: ReactNode; children?: ReactNode }) {
  const Icon = ICONS[result];
  return (
    <li className="flex gap-2 px-4 py-2">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${TONES[result]}`} />
      <div className="min-w-0 wrap-anywhere">
        <span className="font-medium">{name}</span> <span className="sr-only">{result}</span>
        <div className="text-muted">{children}</div>
      </div>
    </li>
  );
}

/** Everything that had to be right before the candidate got callers: validations, approvals, gates, tests. */
export function Checks({ rollout }: { rollout: Rollout }) {
  const { validations, gates, tests, approvals, requiredApprovals, migrations } = rollout;
  return (
    <>
      {validations.length > 0 && <Validations validations={validations} />}
      {(requiredApprovals > 0 || approvals.length > 0) && <Approvals rollout={rollout} />}
      {gates.length > 0 && (
        <Card title="Gates">
          <ul className="divide-y divide-line">
            {gates.flatMap((gate) =>
              gate.conditions.map((condition) => (
                <Finding
                  key={`${gate.gate}/${condition.name}`}
                  result={condition.status}
                  name={`${gate.gate}: ${condition.name}`}
                >
                  {condition.observed !== null && condition.threshold !== null
                    ? `${String(condition.observed)}, wanted ${SIGNS[condition.operator ?? "gte"]} ${String(condition.threshold)}. `
                    : ""}
                  {condition.message}
                </Finding>
              )),
            )}
          </ul>
        </Card>
      )}
      {tests.length > 0 && (
        <Card title="Tests on the candidate">
          <ul className="divide-y divide-line">
            {tests.map(({ name, status, message }) => (
              <Finding
                key={name}
                name={name}
                result={status === "running" ? "waiting" : status === "error" ? "failed" : status}
              >
                {message}
              </Finding>
            ))}
          </ul>
        </Card>
      )}
      {migrations.length > 0 && (
        <Card title="Migrations">
          <ul className="divide-y divide-line">
            {migrations.map(({ name, direction, status, message, at }) => (
              <Finding
                key={`${name}/${direction}/${at}`}
                result={status === "succeeded" ? "passed" : "failed"}
                name={`${name} (${direction})`}
              >
                {message}
              </Finding>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

/** Those that failed; those that passed are many, and looked at by whoever wants to know. */
function Validations({ validations }: Pick<Rollout, "validations">) {
  const failed = validations.filter(({ passed }) => !passed);
  const passed = validations.filter((validation) => validation.passed);
  return (
    <Card
      title="Checks"
      aside={
        <span className="text-xs text-muted">
          {passed.length} of {validations.length} passed
        </span>
      }
    >
      <ul className="divide-y divide-line">
        {failed.map(({ name, severity, message }) => (
          <Finding key={name} result="failed" name={name}>
            {severity}: {message}
          </Finding>
        ))}
      </ul>
      {passed.length > 0 && (
        <details className={failed.length > 0 ? "border-t border-line" : ""}>
          <summary className="cursor-pointer px-4 py-2 text-muted">What was looked at, and is right</summary>
          <ul
            aria-label="Checks, scrolled"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
            tabIndex={0}
            className="max-h-96 divide-y divide-line overflow-y-auto border-t border-line -outline-offset-2"
          >
            {passed.map(({ name, message }) => (
              <Finding key={name} result="passed" name={name}>
                {message}
              </Finding>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}

function Approvals({
  rollout: { approvals, requiredApprovals, approvers, fourEyes, approvalExpiresAt, triggeredBy },
}: {
  rollout: Rollout;
}) {
  return (
    <Card title="Approvals" aside={<span className="text-xs text-muted">{requiredApprovals} needed to begin</span>}>
      <ul className="divide-y divide-line">
        {approvals.map(({ actor, comment, at, step }) => (
          <Finding key={`${actor}/${at}`} result="passed" name={actor}>
            {comment !== "" && `“${comment}” `}
            {step !== null && `(step ${step + 1}) `}
            <Time at={at} />
          </Finding>
        ))}
        <li className="px-4 py-2 text-muted">
          {approvers === null ? "Everybody with the role may approve" : `May approve: ${approvers.join(", ")}`}
          {fourEyes && `; somebody other than ${triggeredBy} has to`}.
          {approvalExpiresAt !== null && (
            <>
              {" "}
              Expires <Time at={approvalExpiresAt} />.
            </>
          )}
        </li>
      </ul>
    </Card>
  );
}
