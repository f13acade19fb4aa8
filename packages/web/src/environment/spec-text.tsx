import { type FormEvent, useState } from "react";
import { parse, stringify } from "yaml";
import { TextArea } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import type { EditorProps } from "./edit.tsx";
import { type EnvironmentSpec, specOf } from "./form.ts";

/** The whole specification as YAML; JSON is YAML too. What it says is the server's to judge. */
export default function SpecText({ environment, onSave, onClose, isSaving }: EditorProps) {
  const [text, setText] = useState(() => stringify(specOf(environment), { lineWidth: 0 }));
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    try {
      const spec: EnvironmentSpec = parse(text) ?? {};
      setProblem(undefined);
      onSave(spec);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form onSubmit={submit} className="space-y-3 p-4">
      <TextArea
        label="Specification (YAML or JSON)"
        help="Fields that you leave out take their defaults."
        rows={24}
        spellCheck={false}
        autoCapitalize="off"
        value={text}
        onChange={(event) => setText(event.target.value)}
        problem={problem}
        className="font-mono"
      />
      <FormActions submit="Save" busy={isSaving} leave="Close" onClose={onClose} />
    </form>
  );
}
