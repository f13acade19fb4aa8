import { Card } from "../ui/card.tsx";
import { TextArea } from "../ui/field.tsx";
import { Pick, Text } from "./fields.tsx";
import { Pairs } from "./pairs.tsx";
import type { Parameter } from "./parameters.ts";
import { useProblem } from "./problems.ts";
import type { Pair } from "./text.ts";

interface ParametersProps {
  parameters: readonly Parameter[];
  written: Readonly<Record<string, string>>;
  onWritten: (written: Readonly<Record<string, string>>) => void;
  /** As the server calls where they stand. */
  field: string;
}

/** What a pipeline is set up by, as its schema says. */
export function ParametersCard(props: ParametersProps) {
  if (props.parameters.length === 0) return null;
  return (
    <Card title="Parameters">
      <div className="p-4">
        <ParameterFields {...props} />
      </div>
    </Card>
  );
}

/** Of a pipeline that names no parameters: whatever its texts ask for. */
export function FreeParametersCard({
  pairs,
  onPairs,
}: {
  pairs: readonly Pair[];
  onPairs: (pairs: readonly Pair[]) => void;
}) {
  return (
    <Card title="Parameters">
      <div className="p-4">
        <Pairs
          legend="What stands as {{name}} in the texts of the pipeline"
          noun="parameter"
          valueLabel="Value, as JSON or as text"
          pairs={pairs}
          onPairs={onPairs}
          field="config.parameters"
        />
      </div>
    </Card>
  );
}

export function ParameterFields({ parameters, written, onWritten, field }: ParametersProps) {
  return (
    <div className="grid grid-cols-[repeat(auto-fit,minmax(15rem,1fr))] items-start gap-3">
      {parameters.map((parameter) => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          field={`${field}.${parameter.name}`}
          text={written[parameter.name] ?? ""}
          onText={(text) => onWritten({ ...written, [parameter.name]: text })}
        />
      ))}
    </div>
  );
}

interface FieldProps {
  parameter: Parameter;
  field: string;
  text: string;
  onText: (text: string) => void;
}

function ParameterField({ parameter: { name, form, description, preset, choices }, field, text, onText }: FieldProps) {
  const problem = useProblem(field);
  const shared = { label: <span className="font-mono">{name}</span>, help: description };
  const usual: readonly (readonly [string, string])[] = [["", preset === "" ? "Not said" : `Usual: ${preset}`]];
  switch (form) {
    case "choice":
    case "yesno": {
      const known = form === "yesno" ? ["true", "false"] : choices;
      const options = [...usual, ...known.map((choice) => [choice, choice] as const)];
      return <Pick {...shared} field={field} value={text} onValue={onText} options={options} />;
    }
    case "lines":
    case "json":
      return (
        <TextArea
          {...shared}
          help={`${description}${form === "lines" ? " One a line." : ""}`}
          problem={problem}
          value={text}
          placeholder={preset}
          spellCheck={false}
          onChange={(event) => onText(event.target.value)}
        />
      );
    case "text":
    case "number":
      return <Text {...shared} field={field} value={text} placeholder={preset} onValue={onText} />;
  }
}
