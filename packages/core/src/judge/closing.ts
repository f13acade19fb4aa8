import { describeEvidence } from "../analysis/guard.reason.ts";
import { describeStaysOpen, evidenceToClose, logLack } from "../analysis/stays-open.ts";
import type { Instant } from "../time.ts";
import { fewerToStayOpen } from "./counterfactual.ts";
import type { JudgeView } from "./judge.report.ts";
import type { JudgeReport } from "./judge.types.ts";
import { describeOutside, outsideName } from "./outside.report.ts";
import { evidenceOf } from "./traffic.judge.ts";
import { describeAlone, describeTraffic, trafficName } from "./traffic.report.ts";

interface Suspect {
  metric: string;
  /** ln of its part of the evidence. */
  stake: number;
  /** What was seen, against what, with how many samples. */
  seen: () => string;
  /** What would have kept the gate open; null when nobody can say. */
  otherwise: () => string | null;
}

/** Whether the candidate has been shown to be worse by now, and by what; null while it has not. */
export function closingOf(view: JudgeView, at: Instant): NonNullable<JudgeReport["closed"]> | null {
  return byEvidence(view, at) ?? byComparisonWithBefore(view, at) ?? byPlainLimit(view, at);
}

function byEvidence(view: JudgeView, at: Instant): JudgeReport["closed"] {
  const { logEvidence, bound } = view;
  if (logEvidence < bound) return null;
  const [worst] = suspects(view).sort((left, right) => right.stake - left.stake);
  if (worst === undefined) return null;
  const otherwise = worst.otherwise();
  const reason =
    `${worst.seen()} (evidence ${describeEvidence(logEvidence)}, bound ${describeEvidence(bound)})` +
    (otherwise === null ? "" : `; ${otherwise}`);
  return { at, metric: worst.metric, reason };
}

function suspects(view: JudgeView): Suspect[] {
  const { traffic, outside, bound, logEvidence } = view;
  const others = (stake: number): number => logLack(logEvidence, stake);
  return [
    ...traffic.parts.map((part): Suspect => {
      const logShare = Math.log(part.terms.share);
      const stake = logShare + evidenceOf(part);
      return {
        metric: trafficName(part),
        stake,
        seen: () => describeTraffic(view, part),
        otherwise: () => {
          const needed = evidenceToClose(bound, others(stake), part.terms.share);
          const most = fewerToStayOpen(part, traffic.totals, needed);
          return most === null ? null : describeStaysOpen(most, "failed");
        },
      };
    }),
    ...outside.flatMap((judge): Suspect[] => {
      if (judge.logEvidence === null || !("share" in judge.terms)) return [];
      const stake = Math.log(judge.terms.share) + judge.logEvidence;
      const seen = () => describeOutside(view, judge);
      return [{ metric: outsideName(judge), stake, seen, otherwise: () => null }];
    }),
  ];
}

function byComparisonWithBefore({ config, traffic }: JudgeView, at: Instant): JudgeReport["closed"] {
  const { alone } = traffic;
  const finding = alone?.finding ?? null;
  if (alone === null || finding === null || alone.logEvidence < alone.bound) return null;
  const strength = `evidence ${describeEvidence(alone.logEvidence)}, bound ${describeEvidence(alone.bound)}`;
  return { at, metric: finding.metric, reason: `${describeAlone(config, traffic, finding)} (${strength})` };
}

/** What a user asked to be taken at its word, outside of the promise on false alarms. */
function byPlainLimit(view: JudgeView, at: Instant): JudgeReport["closed"] {
  for (const judge of view.outside) {
    if (!("failed" in judge) || !judge.failed) continue;
    return { at, metric: outsideName(judge), reason: describeOutside(view, judge) };
  }
  return null;
}
