import type { Draft } from "./draft.ts";
import { Figure, Fold, Row, Text, Tick } from "./fields.tsx";

interface FoldProps {
  draft: Draft;
  onDraft: (part: Partial<Draft>) => void;
}

const PLACEHOLDERS = {
  limits: { cpu: "0.5", memory: "512Mi", gpu: "1" },
  requests: { cpu: "100m", memory: "128Mi", gpu: "1" },
} as const;
const NOUNS = { cpu: "Cores", memory: "Memory", gpu: "Graphics processors" } as const;

export function ResourcesFold({ draft, onDraft }: FoldProps) {
  const isSaid = [draft.requests, draft.limits].some((part) => Object.values(part).some((text) => text !== ""));
  const quantity = (part: "requests" | "limits", name: keyof typeof NOUNS) => (
    <Text
      key={`${part} ${name}`}
      label={`${NOUNS[name]} ${part === "limits" ? "at most" : "kept for it"}`}
      field={`config.resources.${part}.${name}`}
      placeholder={PLACEHOLDERS[part][name]}
      value={draft[part][name]}
      onValue={(text) => onDraft({ [part]: { ...draft[part], [name]: text } })}
    />
  );
  return (
    <Fold title="Resources of an instance" said={isSaid} fields={["config.resources"]}>
      <Row>
        {quantity("limits", "cpu")}
        {quantity("limits", "memory")}
        {quantity("limits", "gpu")}
      </Row>
      <Row>
        {quantity("requests", "cpu")}
        {quantity("requests", "memory")}
        {quantity("requests", "gpu")}
      </Row>
    </Fold>
  );
}

export function ScalingFold({ draft: { scaling, replicas }, onDraft }: FoldProps) {
  return (
    <Fold title="Scaling by load" said={scaling !== null} fields={["config.scaling"]}>
      <Tick
        label="As many instances as the load asks for"
        value={scaling !== null}
        onValue={(on) => onDraft({ scaling: on ? { min: replicas, max: "10", cpu: "70", memory: "" } : null })}
      />
      {scaling !== null && (
        <Row>
          <Figure
            label="At least"
            field="config.scaling.min"
            value={scaling.min}
            onValue={(min) => onDraft({ scaling: { ...scaling, min } })}
          />
          <Figure
            label="At most"
            field="config.scaling.max"
            value={scaling.max}
            onValue={(max) => onDraft({ scaling: { ...scaling, max } })}
          />
          <Figure
            label="Processor use aimed at, %"
            help="Empty: not by this."
            field="config.scaling.targetCpu"
            value={scaling.cpu}
            onValue={(cpu) => onDraft({ scaling: { ...scaling, cpu } })}
          />
          <Figure
            label="Memory use aimed at, %"
            help="Empty: not by this."
            field="config.scaling.targetMemory"
            value={scaling.memory}
            onValue={(memory) => onDraft({ scaling: { ...scaling, memory } })}
          />
        </Row>
      )}
    </Fold>
  );
}
