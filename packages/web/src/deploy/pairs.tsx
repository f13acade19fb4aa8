import { Plus, X } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Text } from "./fields.tsx";
import { useProblem } from "./problems.ts";
import { newKey, type Pair } from "./text.ts";

interface PairsProps {
  legend: string;
  /** What one of them is called: `variable`. */
  noun: string;
  valueLabel: string;
  pairs: readonly Pair[];
  onPairs: (pairs: readonly Pair[]) => void;
  /** As the server calls it. */
  field: string;
}

/** Names with values, a line each. */
export function Pairs({ legend, noun, valueLabel, pairs, onPairs, field }: PairsProps) {
  const problem = useProblem(field);
  const put = (key: string, part: Partial<Pair>): void =>
    onPairs(pairs.map((pair) => (pair.key === key ? { ...pair, ...part } : pair)));
  const add = (): void => onPairs([...pairs, { key: newKey(), name: "", value: "" }]);
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-xs font-medium text-muted">{legend}</legend>
      {pairs.map(({ key, name, value }) => (
        <div key={key} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-start gap-2">
          <Text label="Name" field={`${field}.${name}`} value={name} onValue={(next) => put(key, { name: next })} />
          <Text label={valueLabel} value={value} onValue={(next) => put(key, { value: next })} />
          <Button
            tone="quiet"
            className="mt-5"
            aria-label={`Remove ${noun} ${name}`}
            onClick={() => onPairs(pairs.filter((pair) => pair.key !== key))}
            icon={<X aria-hidden className="size-4" />}
          />
        </div>
      ))}
      {problem !== undefined && pairs.length === 0 && <p className="text-xs text-bad">{problem}</p>}
      <Button size="small" onClick={add} icon={<Plus aria-hidden className="size-3.5" />}>
        Add a {noun}
      </Button>
    </fieldset>
  );
}
