import { Plus, X } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Figure, Pick, Row, Text } from "./fields.tsx";
import { JUDGE_LABELS, newOutside, type OutsideDraft, SOURCE_LABELS, withSource } from "./outside.ts";
import { Pairs } from "./pairs.tsx";

interface OutsideProps {
  metrics: readonly OutsideDraft[];
  onMetrics: (metrics: readonly OutsideDraft[]) => void;
  /** Where the first of them stands among all metrics. */
  first: number;
}

/** What the gateway does not measure: asked for both arms, and compared with the others. */
export function OutsideFields({ metrics, onMetrics, first }: OutsideProps) {
  const add = (): void => onMetrics([...metrics, newOutside(freeName(metrics))]);
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-xs font-medium text-muted">
        Metrics from elsewhere. In queries and addresses, {"{{revision}}"}, {"{{version}}"}, {"{{deployment}}"} and{" "}
        {"{{environment}}"} stand for those of each side.
      </legend>
      {metrics.map((metric, index) => (
        <div key={metric.key} className="flex items-start gap-2 rounded-md border border-line p-2">
          <div className="min-w-0 flex-1 space-y-3">
            <OneMetric
              metric={metric}
              field={`strategy.analysis.metrics[${first + index}]`}
              onMetric={(next) => onMetrics(metrics.with(index, next))}
            />
          </div>
          <Button
            tone="quiet"
            className="mt-5"
            aria-label={`Remove the metric ${metric.name}`}
            onClick={() => onMetrics(metrics.toSpliced(index, 1))}
            icon={<X aria-hidden className="size-4" />}
          />
        </div>
      ))}
      <Button size="small" onClick={add} icon={<Plus aria-hidden className="size-3.5" />}>
        Add a metric
      </Button>
    </fieldset>
  );
}

const freeName = (metrics: readonly OutsideDraft[]): string => {
  const names = new Set(metrics.map(({ name }) => name));
  let number = 1;
  while (names.has(`metric-${number}`)) number += 1;
  return `metric-${number}`;
};

const choices = <Value extends string>(labels: Readonly<Record<Value, string>>): [Value, string][] =>
  Object.keys(labels)
    .filter((value): value is Value => value in labels)
    .map((value) => [value, labels[value]]);

interface OneProps {
  metric: OutsideDraft;
  field: string;
  onMetric: (metric: OutsideDraft) => void;
}

function OneMetric({ metric, field, onMetric }: OneProps) {
  const set = (part: Partial<OutsideDraft>): void => onMetric({ ...metric, ...part });
  return (
    <>
      <Row>
        <Text
          label="Name of the metric"
          field={`${field}.name`}
          value={metric.name}
          onValue={(name) => set({ name })}
        />
        <Pick
          label="Comes from"
          value={metric.source}
          options={choices(SOURCE_LABELS)}
          onValue={(source) => onMetric(withSource(metric, source))}
        />
      </Row>
      <Source metric={metric} field={`${field}.source`} onMetric={onMetric} />
      <Row>
        <Pick
          label="How it is judged"
          field={`${field}.judge`}
          value={metric.judge}
          options={choices(JUDGE_LABELS)}
          onValue={(judge) => set({ judge })}
        />
        <Limits metric={metric} field={field} onMetric={onMetric} />
        <Figure
          label="Asked every, seconds"
          field={`${field}.intervalSeconds`}
          value={metric.interval}
          onValue={(interval) => set({ interval })}
        />
      </Row>
    </>
  );
}

function Source({ metric, field, onMetric }: OneProps) {
  const text = (part: SourceField, label: string, name: string, help?: string) => (
    <Text
      label={label}
      help={help}
      field={`${field}.${name}`}
      value={metric[part]}
      onValue={(value) => onMetric({ ...metric, [part]: value })}
    />
  );
  const headers = (
    <Pairs
      legend="Headers that are sent"
      noun="header"
      valueLabel="Value"
      pairs={metric.headers}
      onPairs={(next) => onMetric({ ...metric, headers: next })}
      field={`${field}.headers`}
    />
  );
  switch (metric.source) {
    case "prometheus":
      return (
        <>
          {text("address", "Address of Prometheus", "address")}
          {text("query", "Query", "query", 'For example avg(tokens{revision="{{revision}}"}).')}
          {headers}
        </>
      );
    case "webhook":
      return (
        <>
          {text("address", "Address that is asked", "url")}
          {text("jsonPath", "Where the value stands in its answer", "jsonPath", "A JSONPath, such as $.value.")}
          {headers}
        </>
      );
    case "file":
      return (
        <Row>
          {text("path", "Path of the file", "path", "CSV or JSON, inside the server's folder.")}
          {text("column", "Column", "column")}
        </Row>
      );
    case "evaluations":
      return text("dataset", "Dataset", "dataset", "Empty: every one.");
  }
}

function Limits({ metric, field, onMetric }: OneProps) {
  const figure = (part: LimitField, label: string, name: string, help?: string) => (
    <Figure
      key={part}
      label={label}
      help={help}
      field={`${field}.${name}`}
      value={metric[part]}
      onValue={(value) => onMetric({ ...metric, [part]: value })}
    />
  );
  switch (metric.judge) {
    case "threshold":
      return (
        <>
          {figure("min", "Not below", "min")}
          {figure("max", "Not above", "max")}
          {figure("failureLimit", "Looks in a row that must fail", "failureLimit")}
        </>
      );
    case "balanced-bets":
      return (
        <>
          {figure("maxDecrease", "May fall by", "maxDecrease", "Of scores from 0 to 1.")}
          {figure("min", "Not below", "min", "Empty: no such limit.")}
        </>
      );
    case "mann-whitney":
      return (
        <>
          <Pick
            label="It is worse when it"
            field={`${field}.direction`}
            value={metric.direction}
            options={[
              ["increase", "Grows"],
              ["decrease", "Falls"],
              ["either", "Does either"],
            ]}
            onValue={(direction) => onMetric({ ...metric, direction })}
          />
          {figure("tolerance", "Shift that is fine, %", "tolerance")}
          {figure("confidence", "Confidence, %", "confidence")}
        </>
      );
  }
}

type SourceField = "address" | "query" | "jsonPath" | "path" | "column" | "dataset";
type LimitField = "min" | "max" | "failureLimit" | "maxDecrease" | "tolerance" | "confidence";
