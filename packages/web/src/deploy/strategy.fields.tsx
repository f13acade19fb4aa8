import { Figure, Lines, Pick, Row, Text, Tick } from "./fields.tsx";
import { MATCH_LABELS } from "./match.ts";
import type { StrategyDraft } from "./strategy.ts";
import type { StrategyType } from "./types.ts";

interface OwnProps {
  draft: StrategyDraft;
  type: StrategyType;
  onDraft: (part: Partial<StrategyDraft>) => void;
}

/** What only this type of strategy has. */
export function OwnFields({ draft, type, onDraft }: OwnProps) {
  const figure = (field: FigureField, label: string) => (
    <Figure
      key={field}
      label={label}
      field={`strategy.${field}`}
      value={draft[field]}
      onValue={(value) => onDraft({ [field]: value })}
    />
  );
  switch (type) {
    case "immediate":
      return null;
    case "gradual":
      return (
        <Row>
          {figure("initialPercentage", "Begins with, % of the callers")}
          {figure("increment", "Then more each time, %")}
          {figure("intervalSeconds", "Seconds between")}
        </Row>
      );
    case "canary":
      return (
        <Row>
          {figure("initialPercentage", "Begins with, % of the callers")}
          {figure("bakeSeconds", "Compared at each share for, seconds")}
        </Row>
      );
    case "blue-green":
      return (
        <Text
          label="Path where the candidate can be looked at"
          help="Also with the header x-sluice-preview. Empty: the header alone."
          field="strategy.previewRoute"
          placeholder="/next"
          value={draft.previewRoute}
          onValue={(previewRoute) => onDraft({ previewRoute })}
        />
      );
    case "shadow":
      return (
        <Row>
          {figure("mirrorPercentage", "Requests copied, %")}
          {figure("durationSeconds", "For, seconds")}
          <Pick
            label="Bodies of answers"
            field="strategy.compare.bodies"
            value={draft.bodies}
            options={[
              ["none", "Not compared"],
              ["exact", "Byte by byte"],
              ["json", "As JSON"],
            ]}
            onValue={(bodies) => onDraft({ bodies })}
          />
          {draft.bodies === "json" && (
            <Lines
              label="Parts that may differ"
              help="JSON pointers, one a line; /- is every entry of a list."
              field="strategy.compare.ignore"
              placeholder="/items/-/at"
              value={draft.ignore}
              onValue={(ignore) => onDraft({ ignore })}
            />
          )}
        </Row>
      );
    case "ab":
      return (
        <>
          <Row>
            <Pick
              label="Callers of the candidate"
              value={draft.matchBy}
              options={[
                ["share", "By share"],
                ["header", MATCH_LABELS.header],
                ["cookie", MATCH_LABELS.cookie],
                ["region", MATCH_LABELS.region],
              ]}
              onValue={(matchBy) => onDraft({ matchBy })}
            />
            {draft.matchBy === "share" && figure("percentage", "Of all callers, %")}
            {(draft.matchBy === "header" || draft.matchBy === "cookie") && (
              <Text
                label={draft.matchBy === "header" ? "Name of the header" : "Name of the cookie"}
                field={`strategy.match.${draft.matchBy}`}
                value={draft.matchName}
                onValue={(matchName) => onDraft({ matchName })}
              />
            )}
            {draft.matchBy !== "share" && (
              <Text
                label={draft.matchBy === "region" ? "Region" : "Its value"}
                field={`strategy.match.${draft.matchBy}`}
                value={draft.matchValue}
                onValue={(matchValue) => onDraft({ matchValue })}
              />
            )}
            {figure("durationSeconds", "For, seconds")}
            <Text
              label="Goal that is counted"
              help="Empty: none."
              field="strategy.goal"
              placeholder="signup"
              value={draft.goal}
              onValue={(goal) => onDraft({ goal })}
            />
          </Row>
          <Tick
            label="Give all callers to the candidate if it wins"
            value={draft.promoteWinner}
            onValue={(promoteWinner) => onDraft({ promoteWinner })}
          />
        </>
      );
  }
}

type FigureField =
  | "initialPercentage"
  | "increment"
  | "intervalSeconds"
  | "bakeSeconds"
  | "mirrorPercentage"
  | "durationSeconds"
  | "percentage";
