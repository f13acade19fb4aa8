import type { Rollout } from "@sluice/client";
import { span } from "../format/time.ts";

type Step = Rollout["steps"][number];

/** What happens next to a rollout, and when, in a few words. */
export function nextOf(rollout: Rollout, now: number): string {
  const { phase, paused, failure } = rollout;
  if (failure !== null)
    return failure.frozen ? "Stays where it is: going back is refused" : "Waits for somebody to decide";
  if (paused) return "Waits to be resumed";
  switch (phase) {
    case "queued":
      return "Waits for its turn";
    case "validating":
      return "Gates or tests, once every check has passed";
    case "awaiting_approval":
      return `Waits for ${rollout.requiredApprovals - approvalsOf(rollout, null)} of ${rollout.requiredApprovals} approvals`;
    case "gating":
      return rollout.waitsUntil === null
        ? "Goes on when the gates pass"
        : `Waits for figures, at most ${until(rollout.waitsUntil, now)}`;
    case "preparing":
      return `Instances of ${rollout.toVersion} have to become ready`;
    case "testing":
      return "Traffic, once every test has passed";
    case "shifting":
      return nextStep(rollout, now);
    case "monitoring":
      return rollout.estimatedCompletion === null
        ? "Is watched, and declared stable then"
        : `Declared stable in ${until(rollout.estimatedCompletion, now)}`;
    case "rolling_back":
      return `All callers go back to ${rollout.fromVersion ?? "nothing"}`;
    default:
      return "Nothing: it has ended";
  }
}

function nextStep(rollout: Rollout, now: number): string {
  const current = rollout.steps[rollout.step];
  if (current === undefined) return "Monitoring";
  const then = words(rollout.steps.slice(rollout.step + 1).find(({ type }) => type !== "wait" && type !== "analyze"));
  switch (current.type) {
    case "wait": {
      if (current.approval === true) {
        const wanted = current.approvals ?? 1;
        return `${then} when ${wanted - approvalsOf(rollout, rollout.step)} of ${wanted} approve`;
      }
      if (current.startedAt === null || current.seconds === undefined) return then;
      const left = Date.parse(current.startedAt) + current.seconds * 1_000 - now;
      return left > 0 ? `${then} in ${span(left)}` : `${then} in a moment`;
    }
    case "analyze":
      return `${then} when the analysis has seen enough`;
    default:
      return words(current);
  }
}

function words(step: Step | undefined): string {
  if (step === undefined) return "Monitoring";
  switch (step.type) {
    case "setWeight":
      return `${step.weight ?? 0} % of the callers`;
    case "mirror":
      return `copies of ${step.weight ?? 0} % of the requests`;
    case "switch":
      return "all callers at once";
    case "match":
      return "callers who match a rule";
    case "scale":
      return `${step.percentage ?? 0} % of the instances`;
    case "hook":
      return "a call to your service";
    case "wave":
      return `the targets ${(step.targets ?? []).join(", ")}`;
    default:
      return "the next step";
  }
}

const approvalsOf = ({ approvals }: Rollout, step: number | null): number =>
  new Set(approvals.filter((approval) => approval.step === step).map(({ actor }) => actor)).size;

const until = (at: string, now: number): string => span(Date.parse(at) - now);
