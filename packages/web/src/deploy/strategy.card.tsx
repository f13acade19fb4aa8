import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { AfterwardsFields } from "./afterwards.fields.tsx";
import { WayOfTraffic } from "./drawing.tsx";
import { Fold, Pick } from "./fields.tsx";
import { JudgingFields } from "./judging.fields.tsx";
import { strategiesFor, type Takes } from "./kind.ts";
import { draftsOf } from "./step.ts";
import { StepsEditor } from "./steps.editor.tsx";
import { OwnFields } from "./strategy.fields.tsx";
import { STRATEGY_LABELS, type StrategyDraft, stepsOf, USUAL, withType } from "./strategy.ts";
import { TestsFields } from "./tests.fields.tsx";
import type { StrategyType } from "./types.ts";

/** What happens when it fails, and afterwards. */
const AFTERWARDS = ["onFailure", "onConflict", "monitoringSeconds", "holdbackPercentage", "keepStableSeconds"];

interface StrategyProps {
  draft: StrategyDraft;
  /** What happens when nothing is said. */
  usual: StrategyType;
  allowed: readonly StrategyType[] | null;
  takes: Takes;
  /** Nothing serves there yet: there is nobody to be moved from it. */
  isFirst: boolean;
  onDraft: (draft: StrategyDraft) => void;
}

/** How the callers come to it, step by step, and what would stop it. */
export function StrategyCard({ draft, usual, allowed, takes, isFirst, onDraft }: StrategyProps) {
  const offered = strategiesFor(allowed, takes);
  const found = stepsOf(draft, usual);
  const type = draft.type ?? usual;
  const set = (part: Partial<StrategyDraft>): void => onDraft({ ...draft, ...part });
  const canBeOwn = offered.includes("canary") && draft.steps === null && ["canary", "gradual"].includes(type);
  return (
    <Card title="Strategy">
      <div className="space-y-3 p-4">
        {isFirst && (
          <p className="rounded-md bg-sunken px-3 py-2 text-muted">
            Nothing serves there yet: the first delivery gets all callers as soon as it is ready. The strategy stands in
            the text beside, for changes that come by <code>sluice apply</code>.
          </p>
        )}
        <Pick
          label="How callers come to it"
          field="strategy.type"
          value={draft.type ?? "usual"}
          options={[
            ["usual", `The environment's usual one: ${usual}`],
            ...offered.map((one) => [one, STRATEGY_LABELS[one]] as const),
          ]}
          onValue={(chosen) => onDraft(withType(draft, chosen === "usual" ? null : chosen))}
        />
        {draft.type !== null && draft.steps === null && <OwnFields draft={draft} type={draft.type} onDraft={set} />}
        {draft.steps !== null && (
          <StepsEditor steps={draft.steps} copies={takes.copies} onSteps={(steps) => set({ steps })} />
        )}
        <div className="flex flex-wrap gap-2">
          {canBeOwn && "steps" in found && (
            <Button
              size="small"
              onClick={() => onDraft({ ...withType(draft, "canary"), steps: draftsOf(found.steps) })}
            >
              Write the steps yourself
            </Button>
          )}
          {draft.steps !== null && (
            <Button size="small" onClick={() => set({ steps: null })}>
              Back to the canary's own steps
            </Button>
          )}
        </div>
        <div className="min-h-56">
          {"steps" in found ? <WayOfTraffic steps={found.steps} /> : <p className="text-bad">{found.problem}</p>}
        </div>
        {draft.type !== null && (
          <>
            <Fold title="How it is judged" said={draft.judging !== USUAL.judging} fields={["strategy.analysis"]}>
              <JudgingFields judging={draft.judging} onJudging={(judging) => set({ judging })} />
            </Fold>
            <Fold title="Tests before it gets callers" said={draft.tests !== USUAL.tests} fields={["strategy.tests"]}>
              <TestsFields tests={draft.tests} onTests={(tests) => set({ tests })} />
            </Fold>
            <Fold title="When it fails, and afterwards" fields={AFTERWARDS.map((field) => `strategy.${field}`)}>
              <AfterwardsFields draft={draft} onDraft={set} />
            </Fold>
          </>
        )}
      </div>
    </Card>
  );
}
