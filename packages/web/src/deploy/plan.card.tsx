import { isPassing, type Plan } from "@sluice/client";
import { Check, X } from "lucide-react";
import type { ReactNode } from "react";
import { fieldsOf } from "../api/problems.ts";
import { count, percent } from "../format/number.ts";
import { span } from "../format/time.ts";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Loading } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { Figure, Row } from "./fields.tsx";
import { consequence, isSevere, people, worstFirst } from "./refusal.ts";

/** What is known of today's traffic, as it is written. */
export interface Baseline {
  requests: string;
  errors: string;
}

interface PlanProps {
  /** Fields that need a number and have none: nothing is planned before. */
  blanks: readonly string[];
  plan: Plan | undefined;
  error: Error | null;
  settled: boolean;
  /** How many instances there would be, where that changes. */
  replicas: number | undefined;
  baseline: Baseline;
  onBaseline: (baseline: Baseline) => void;
}

/** What would happen, as the server says: before anything does. */
export function PlanCard({ blanks, plan, error, settled, replicas, baseline, onBaseline }: PlanProps) {
  const state = stateOf({ blanks, plan, error, replicas });
  const isTold = settled || error !== null || blanks.length > 0;
  return (
    <Card
      title="Plan"
      aside={
        <span role="status">
          <Badge tone={isTold ? state.tone : "plain"}>{isTold ? state.words : "planning …"}</Badge>
        </span>
      }
    >
      <div className="min-h-64 space-y-3 p-4" aria-busy={!settled}>
        {blanks.length > 0 ? (
          <p className="text-muted">It is planned as soon as {blanks.join(", ")} is a number.</p>
        ) : error !== null ? (
          <Refused error={error} />
        ) : plan === undefined ? (
          <Loading rows={6} />
        ) : (
          <Told plan={plan} replicas={replicas} />
        )}
      </div>
      <div className="space-y-2 border-t border-line p-4">
        <p className="text-xs text-muted">How soon harm would be noticed, if there is as much traffic as this:</p>
        <Row>
          <Figure
            label="Requests a second"
            field="baseline.requestsPerSecond"
            value={baseline.requests}
            onValue={(requests) => onBaseline({ ...baseline, requests })}
          />
          <Figure
            label="Of which fail today, %"
            field="baseline.errorRate"
            value={baseline.errors}
            onValue={(errors) => onBaseline({ ...baseline, errors })}
          />
        </Row>
        {plan?.requestsToNotice != null && error === null && blanks.length === 0 && (
          <Notices notices={plan.requestsToNotice} />
        )}
      </div>
    </Card>
  );
}

function stateOf({ blanks, plan, error, replicas }: Pick<PlanProps, "blanks" | "plan" | "error" | "replicas">) {
  if (blanks.length > 0) return { tone: "plain", words: "not complete" } as const;
  if (isPassing(error)) return { tone: "warn", words: "no answer" } as const;
  if (error !== null) return { tone: "bad", words: "refused" } as const;
  if (plan === undefined) return { tone: "plain", words: "planning …" } as const;
  if (!plan.changes && replicas === undefined) return { tone: "plain", words: "nothing to do" } as const;
  return plan.blocked
    ? ({ tone: "bad", words: "a check fails" } as const)
    : ({ tone: "good", words: "can be deployed" } as const);
}

function Refused({ error }: { error: Error }) {
  return (
    <div className="space-y-2 text-bad wrap-anywhere">
      <p className="font-semibold">{error.message}</p>
      {isPassing(error) && <p>The server is asked again by itself; what you have written stays.</p>}
      <ul className="list-disc pl-5">
        {fieldsOf(error).map(({ field, words }) => (
          <li key={`${field} ${words}`}>
            <span className="font-mono">{field}</span>: {words}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Told({ plan, replicas }: { plan: Plan; replicas: number | undefined }) {
  if (!plan.changes) return <p className="wrap-anywhere">{consequence(plan, replicas)}</p>;
  const { approvals, conflict, validations, gates, tests } = plan;
  return (
    <>
      <p className="wrap-anywhere">{consequence(plan)}</p>
      <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Fact name="Version">
          <span className="font-mono">{plan.fromVersion ?? "nothing"}</span> →{" "}
          <span className="font-mono">{plan.toVersion}</span>, revision {plan.toRevision}
        </Fact>
        <Fact name="Takes">
          at least {span(plan.shortestSeconds * 1_000)}, probably {span(plan.expectedSeconds * 1_000)}
        </Fact>
        <Fact name="Approvals">{approvalWords(approvals)}</Fact>
        {plan.frozenUntil !== null && (
          <Fact name="Frozen">
            until <Time at={plan.frozenUntil} />
          </Fact>
        )}
        {conflict !== null && (
          <Fact name="Under way">
            <span className="font-mono">{conflict.rollout}</span>, {conflict.phase.replaceAll("_", " ")}:{" "}
            {conflict.handling}
          </Fact>
        )}
        {gates.length > 0 && (
          <Fact name="Gates">
            {gates.map(({ gate, required }) => `${gate}${required ? "" : " (advice)"}`).join(", ")}
          </Fact>
        )}
        {tests.length > 0 && <Fact name="Tests">{tests.map(({ name }) => name).join(", ")}</Fact>}
      </dl>
      {validations.length > 0 && <CheckList validations={validations} />}
    </>
  );
}

function CheckList({ validations }: Pick<Plan, "validations">) {
  return (
    <section
      aria-label="Checks"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
      tabIndex={0}
      className="max-h-72 overflow-y-auto border-t border-line pt-3"
    >
      <ul className="space-y-1">
        {worstFirst(validations).map((check) => {
          const { name, passed, severity, message } = check;
          const Icon = passed ? Check : X;
          const tone = passed ? "text-good" : isSevere(check) ? "text-bad" : "text-warn";
          return (
            <li key={`${name} ${message}`} className="flex gap-2">
              <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${tone}`} />
              <span className="min-w-0 wrap-anywhere">
                <span className="sr-only">{passed ? "passed" : "failed"}: </span>
                <span className="font-medium">{name.replaceAll("_", " ")}</span>{" "}
                <span className={passed ? "text-muted" : tone}>{passed ? message : `${severity}: ${message}`}</span>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="contents">
    <dt className="text-muted">{name}</dt>
    <dd className="wrap-anywhere">{children}</dd>
  </div>
);

function approvalWords({ required, steps, fourEyes, approvers, expirySeconds }: Plan["approvals"]): string {
  if (required + steps === 0) return "none needed";
  return [
    ...(required > 0 ? [`${people(required)} before it starts`] : []),
    ...(steps > 0 ? [`${steps} on the way`] : []),
    ...(fourEyes ? ["not by whoever asks"] : []),
    approvers.length > 0 ? `by ${approvers.join(", ")}` : "and nobody there is may give one",
    ...(expirySeconds === null ? [] : [`within ${span(expirySeconds * 1_000)}`]),
  ].join(", ");
}

function Notices({ notices }: { notices: NonNullable<Plan["requestsToNotice"]> }) {
  if (notices.length === 0) return <p className="text-muted">No step leaves anything to compare with.</p>;
  return (
    <Table label="Until harm is noticed" head={["At", "Requests", "In 9 of 10", "Time"]}>
      {notices.map(({ weight, requests, requests90, seconds }) => (
        <tr key={weight}>
          <Cell heading>{percent(weight)}</Cell>
          <Cell>{count(requests)}</Cell>
          <Cell>{count(requests90)}</Cell>
          <Cell>{span(seconds * 1_000)}</Cell>
        </tr>
      ))}
    </Table>
  );
}
