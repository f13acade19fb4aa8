import { type ReactNode, useState } from "react";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { useAnyProblem, useProblem } from "./problems.ts";

interface Said<Value> {
  label: ReactNode;
  help?: ReactNode;
  value: Value;
  onValue: (value: Value) => void;
  /** As the server calls it; absent: what is around it says what is wrong. */
  field?: string;
}

/** A field of the form that says what the server says of it. */
export function Text({ field, onValue, placeholder, ...rest }: Said<string> & { placeholder?: string }) {
  return (
    <TextField
      {...rest}
      placeholder={placeholder}
      problem={useProblem(field)}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}

/** A text of several lines. */
export function Lines({ field, onValue, ...rest }: Said<string> & { placeholder?: string }) {
  return (
    <TextArea
      {...rest}
      problem={useProblem(field)}
      spellCheck={false}
      onChange={(event) => onValue(event.target.value)}
    />
  );
}

/** As text, so that what is half written stays as it is. */
export function Figure({ field, onValue, ...rest }: Said<string>) {
  return (
    <TextField
      {...rest}
      inputMode="decimal"
      problem={useProblem(field)}
      autoComplete="off"
      onChange={(event) => onValue(event.target.value)}
    />
  );
}

export function Pick<Value extends string>({
  field,
  onValue,
  options,
  ...rest
}: Said<Value> & { options: readonly (readonly [Value, string])[] }) {
  return (
    <Choice
      {...rest}
      problem={useProblem(field)}
      onChange={(event) => {
        const chosen = options.find(([value]) => value === event.target.value);
        if (chosen !== undefined) onValue(chosen[0]);
      }}
    >
      {options.map(([value, label]) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </Choice>
  );
}

export function Tick({
  label,
  value,
  onValue,
}: {
  label: ReactNode;
  value: boolean;
  onValue: (value: boolean) => void;
}) {
  return (
    <label className="flex min-h-9 items-center gap-2">
      <input
        type="checkbox"
        checked={value}
        onChange={(event) => onValue(event.target.checked)}
        className="size-4 shrink-0 accent-accent"
      />
      <span className="min-w-0">{label}</span>
    </label>
  );
}

/** Fields beside one another, as many as there is room for. */
export const Row = ({ children }: { children: ReactNode }) => (
  <div className="grid grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))] items-start gap-3">{children}</div>
);

interface FoldProps {
  title: string;
  /** Something is written in it: it begins unfolded. */
  said?: boolean;
  /** What stands in it, as the server calls it: what is wrong with that is said while it is folded, too. */
  fields: readonly string[];
  children: ReactNode;
}

/** A part of the form that is folded away, since it is seldom needed; what stands in it is there once it is unfolded. */
export function Fold({ title, said = false, fields, children }: FoldProps) {
  const [isOpen, setOpen] = useState(said);
  const isWrong = useAnyProblem(fields);
  return (
    <details
      className="rounded-md border border-line"
      open={isOpen}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className="cursor-pointer px-3 py-2 font-medium">
        {title}
        {isWrong && !isOpen && <span className="font-normal text-bad">: something in it is not taken</span>}
      </summary>
      {isOpen && <div className="space-y-3 border-t border-line p-3">{children}</div>}
    </details>
  );
}
