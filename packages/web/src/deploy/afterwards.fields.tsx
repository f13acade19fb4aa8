import { Figure, Pick, Row, Tick } from "./fields.tsx";
import type { StrategyDraft } from "./strategy.ts";

interface AfterwardsProps {
  draft: StrategyDraft;
  onDraft: (part: Partial<StrategyDraft>) => void;
}

/** What happens when it fails, and once the last step is done. */
export function AfterwardsFields({ draft, onDraft }: AfterwardsProps) {
  return (
    <Row>
      <Pick
        label="When it is found to be worse"
        field="strategy.onFailure"
        value={draft.onFailure}
        options={[
          ["rollback", "Go back to stable"],
          ["pause", "Stay, and call people"],
          ["freeze", "Stay, and forbid going back"],
        ]}
        onValue={(onFailure) => onDraft({ onFailure })}
      />
      <Pick
        label="When another one is under way"
        field="strategy.onConflict"
        value={draft.onConflict}
        options={[
          ["supersede", "End that one"],
          ["queue", "Wait until it has ended"],
          ["reject", "Do not begin"],
        ]}
        onValue={(onConflict) => onDraft({ onConflict })}
      />
      <Figure
        label="Watched after the last step, seconds"
        field="strategy.monitoringSeconds"
        value={draft.monitoringSeconds}
        onValue={(monitoringSeconds) => onDraft({ monitoringSeconds })}
      />
      <Figure
        label="Callers that stable keeps meanwhile, %"
        field="strategy.holdbackPercentage"
        value={draft.holdbackPercentage}
        onValue={(holdbackPercentage) => onDraft({ holdbackPercentage })}
      />
      <Figure
        label="Stable kept warm afterwards, seconds"
        help={draft.type === "blue-green" ? "Empty: 600." : "Empty: 60."}
        field="strategy.keepStableSeconds"
        value={draft.keepStableSeconds}
        onValue={(keepStableSeconds) => onDraft({ keepStableSeconds })}
      />
      <Tick
        label="By itself, without asking people"
        value={draft.autoRollback}
        onValue={(autoRollback) => onDraft({ autoRollback })}
      />
    </Row>
  );
}
