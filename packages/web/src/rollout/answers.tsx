import type { Rollout } from "@sluice/client";
import type { ReactNode } from "react";
import { count, evidence, percent, share } from "../format/number.ts";
import { useNow } from "../ui/use-now.ts";
import { isOver } from "./commands.ts";
import { closeness, judged } from "./evidence.ts";
import { nextOf } from "./next.ts";
import type { recent } from "./series.ts";

/** The five things that somebody wants to know who looks at a rollout: what, how far, is it worse, how sure, what next. */
export function Answers({ rollout, last }: { rollout: Rollout; last: ReturnType<typeof recent> }) {
  const now = useNow();
  const { analysis, fromVersion, toVersion, weight, step, steps } = rollout;
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line xl:grid-cols-5">
      <Answer question="What is changing">
        <span className="font-mono">{fromVersion ?? "nothing"}</span> → <span className="font-mono">{toVersion}</span>
      </Answer>
      <Answer question="How far">
        {percent(weight)} of the callers
        <Small>
          {steps.length === 0 ? "in one step" : `step ${Math.min(step + 1, steps.length)} of ${steps.length}`}
        </Small>
      </Answer>
      <Answer question="Is it worse">
        <Verdict rollout={rollout} />
        <Small>
          {last.candidate.errors === null
            ? "no requests to compare lately"
            : `errors ${share(last.candidate.errors)}, of stable ${share(last.stable.errors)}`}
        </Small>
      </Answer>
      <Answer question="How sure">
        {analysis === null ? nothingJudged(rollout) : <Sureness analysis={analysis} />}
      </Answer>
      <Answer question={isOver(rollout) ? "How it ended" : "What next"} wide>
        {isOver(rollout) ? rollout.phase.replaceAll("_", " ") : nextOf(rollout, now)}
      </Answer>
    </dl>
  );
}

function Answer({ question, wide = false, children }: { question: string; wide?: boolean; children: ReactNode }) {
  return (
    <div
      className={`min-w-0 bg-surface px-4 py-3 xl:min-h-28 ${wide ? "col-span-2 min-h-20 xl:col-span-1" : "min-h-28"}`}
    >
      <dt className="text-xs text-muted">{question}</dt>
      <dd className="text-base font-semibold wrap-anywhere">{children}</dd>
    </div>
  );
}

const Small = ({ children }: { children: ReactNode }) => (
  <span className="block text-xs font-normal text-muted">{children}</span>
);

/** The evidence, and how near it is to turning the rollout back. */
function Sureness({ analysis }: { analysis: NonNullable<Rollout["analysis"]> }) {
  const near = closeness(analysis);
  return (
    <>
      {evidence(analysis.evidence)}
      <span aria-hidden className="my-1 block h-1.5 overflow-hidden rounded-full bg-sunken">
        <span
          className={`block h-full ${near < 0.5 ? "bg-accent" : near < 1 ? "bg-warn" : "bg-bad"}`}
          style={{ width: `${100 * near}%` }}
        />
      </span>
      <Small>of the {evidence(analysis.threshold)} that turn it back</Small>
      {analysis.verdict !== "rollback" && <Small>requests judged: {count(judged(analysis))}</Small>}
    </>
  );
}

const nothingJudged = (rollout: Rollout): string =>
  isOver(rollout) ? "Nothing was judged" : "Nothing to judge by yet";

function Verdict({ rollout }: { rollout: Rollout }) {
  const { analysis } = rollout;
  switch (analysis?.verdict) {
    case "rollback":
      return (
        <span className="text-bad">
          Yes: {analysis?.metrics.find(({ failed }) => failed)?.name.replaceAll("_", " ") ?? "it was closed"}
        </span>
      );
    case "hold":
      return <span className="text-warn">Too little to tell</span>;
    default:
      // That no harm was found where nobody looked would be no news, and look like good one.
      if (analysis !== null && judged(analysis) > 0) return <span className="text-good">No harm found</span>;
      return isOver(rollout) ? "Nobody judged it" : "Not known yet";
  }
}
