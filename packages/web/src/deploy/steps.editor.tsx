import { ArrowDown, ArrowUp, Plus, X } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Pick, Text } from "./fields.tsx";
import { useAnyProblem, useProblem } from "./problems.ts";
import { moved, newStep, STEP_FIELDS, STEP_LABELS, STEP_TYPES, type StepDraft, type StepType } from "./step.ts";

interface EditorProps {
  steps: readonly StepDraft[];
  onSteps: (steps: readonly StepDraft[]) => void;
  /** Whether requests of the artifact can be copied. */
  copies: boolean;
}

/** Steps of one's own: added, moved, taken away and written, all of it by the keyboard as well. */
export function StepsEditor({ steps, onSteps, copies }: EditorProps) {
  const options = STEP_TYPES.filter((type) => copies || type !== "mirror").map(
    (type) => [type, STEP_LABELS[type]] as const,
  );
  const problem = useProblem("strategy.steps");
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-xs font-medium text-muted">Steps, from the first to the last</legend>
      <ol className="space-y-2">
        {steps.map((step, index) => (
          <li key={step.key} className="flex flex-wrap items-start gap-2 rounded-md border border-line p-2">
            <OneStep step={step} index={index} options={options} onStep={(next) => onSteps(steps.with(index, next))} />
            <span className="ml-auto flex">
              <Button
                tone="quiet"
                size="small"
                aria-label={`Move step ${index + 1} up`}
                refused={index === 0 ? "It is the first" : null}
                onClick={() => onSteps(moved(steps, index, -1))}
                icon={<ArrowUp aria-hidden className="size-4" />}
              />
              <Button
                tone="quiet"
                size="small"
                aria-label={`Move step ${index + 1} down`}
                refused={index === steps.length - 1 ? "It is the last" : null}
                onClick={() => onSteps(moved(steps, index, 1))}
                icon={<ArrowDown aria-hidden className="size-4" />}
              />
              <Button
                tone="quiet"
                size="small"
                aria-label={`Remove step ${index + 1}`}
                onClick={() => onSteps(steps.toSpliced(index, 1))}
                icon={<X aria-hidden className="size-4" />}
              />
            </span>
          </li>
        ))}
      </ol>
      {problem !== undefined && steps.length === 0 && <p className="text-xs text-bad">{problem}</p>}
      <Button
        size="small"
        onClick={() => onSteps([...steps, newStep("analyze")])}
        icon={<Plus aria-hidden className="size-3.5" />}
      >
        Add a step
      </Button>
    </fieldset>
  );
}

interface OneProps {
  step: StepDraft;
  index: number;
  options: readonly (readonly [StepType, string])[];
  onStep: (step: StepDraft) => void;
}

function OneStep({ step, index, options, onStep }: OneProps) {
  const at = `strategy.steps[${index}]`;
  const fields = STEP_FIELDS[step.type];
  // Said where it is wrong; at the step itself only what is wrong with it as a whole.
  const isInside = useAnyProblem(fields.map(({ field }) => `${at}.${field}`));
  return (
    <div className="grid min-w-0 flex-1 grid-cols-[repeat(auto-fit,minmax(8.5rem,1fr))] items-start gap-2">
      <Pick
        label={`Step ${index + 1}`}
        {...(!isInside && { field: at })}
        value={step.type}
        options={options}
        onValue={(type) => onStep({ ...newStep(type), key: step.key })}
      />
      {fields.map(({ part, label, field }) => (
        <Text
          key={part}
          label={label}
          field={`${at}.${field}`}
          value={step[part]}
          onValue={(text) => onStep({ ...step, [part]: text })}
        />
      ))}
    </div>
  );
}
