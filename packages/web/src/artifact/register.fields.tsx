import type { ChangeEvent, ReactNode } from "react";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { type Draft, PROCESSES } from "./register.draft.ts";

/** Fields of the draft that are texts. */
type Written = { [Name in keyof Draft]: string extends Draft[Name] ? Name : never }[keyof Draft];

export interface FieldsProps {
  draft: Draft;
  onDraft: (change: Partial<Draft>) => void;
  /** What is wrong with a field, or inside of it, by its name inside of the spec. */
  problem: (field: string) => string | undefined;
}

/** What a field of the form needs to be one of the draft's. */
export const written = ({ draft, onDraft, problem }: FieldsProps, at: Written) => ({
  value: draft[at],
  problem: problem(at),
  onChange: ({ target }: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) => onDraft({ [at]: target.value }),
});

export function RunnableFields(props: FieldsProps) {
  const { draft, onDraft, problem } = props;
  return (
    <>
      <TextArea
        label="Command"
        placeholder={"node\nserver.mjs"}
        help="The program and its arguments, one a line. It listens on the port in PORT."
        spellCheck={false}
        {...written(props, "command")}
      />
      <TextField
        label="Image"
        help="Instead of a command, or with one: a container image."
        spellCheck={false}
        {...written(props, "image")}
      />
      <Choice
        label="What it does"
        value={draft.process}
        problem={problem("process")}
        onChange={({ target }) => onDraft({ process: PROCESSES.find((one) => one === target.value) ?? "" })}
      >
        <option value="">It answers requests</option>
        <option value="stream">It works on without a port (stream)</option>
        <option value="job">It comes to an end (job)</option>
      </Choice>
      <TextField
        label="Working folder"
        help="Inside the folder that the server was started in."
        spellCheck={false}
        {...written(props, "workdir")}
      />
      <TextArea
        label="Environment variables"
        placeholder="MODE=good"
        help="name=value, one a line."
        spellCheck={false}
        {...written(props, "env")}
      />
    </>
  );
}

/** What is seldom said; it is open where something is. */
export function Folded({ title, said, children }: { title: string; said: boolean; children: ReactNode }) {
  return (
    <details className="rounded-md border border-line" open={said || undefined}>
      <summary className="cursor-pointer px-3 py-2 font-medium">{title}</summary>
      <div className="space-y-3 border-t border-line p-3">{children}</div>
    </details>
  );
}

/** A model that was uploaded elsewhere, or that answers by itself. */
export function ModelFields(props: FieldsProps) {
  const { draft, onDraft } = props;
  return (
    <>
      <Choice
        label="What it is"
        value={draft.form}
        onChange={({ target }) => onDraft({ form: target.value === "second" ? "second" : "first" })}
      >
        <option value="first">Files that are in the storage already</option>
        <option value="second">A program or an image that answers by itself</option>
      </Choice>
      {draft.form === "second" ? (
        <RunnableFields {...props} />
      ) : (
        <>
          <TextField
            label="Files"
            required
            placeholder="s3://models/iris/1.0.0"
            help="One object, or the folder of several."
            spellCheck={false}
            {...written(props, "files")}
          />
          <TextField label="Runtime" required placeholder="onnx" spellCheck={false} {...written(props, "runtime")} />
          <TextArea
            label="Manifest (JSON or YAML)"
            placeholder='[{"name": "model.onnx", "path": "model.onnx", "bytes": 1024, "sha256": "…"}]'
            help="What must be in the files; left out: whatever is there."
            spellCheck={false}
            {...written(props, "manifest")}
          />
        </>
      )}
    </>
  );
}

/** What versions of every kind may say. */
export function CommonFields(props: FieldsProps) {
  const { draft, onDraft, problem } = props;
  const isSaid = (["components", "migrations", "sbom"] as const).some(
    (at) => draft[at] !== "" || problem(at) !== undefined,
  );
  return (
    <Folded title="Components, migrations, SBOM" said={isSaid}>
      <TextArea
        label="Components"
        placeholder="tokenizer=2.1.0"
        help="Releases of its parts, name=release, one a line: a rollback may take back some of them alone."
        spellCheck={false}
        {...written(props, "components")}
      />
      <TextArea
        label="Migrations (JSON or YAML)"
        placeholder={"up:\n  - name: add-column\n    command: [node, migrate.mjs]\ndown: []"}
        help="What it does to its data, and how that is taken back."
        rows={4}
        spellCheck={false}
        {...written(props, "migrations")}
      />
      <TextArea
        label="SBOM (JSON)"
        placeholder='{"bomFormat": "CycloneDX", …}'
        help="What it is made of; a scan looks for known weaknesses in it."
        spellCheck={false}
        {...written(props, "sbom")}
      />
      <label className="block text-xs text-muted">
        Read the SBOM from a file{" "}
        <input
          type="file"
          accept=".json,application/json"
          className="block w-full file:mr-3 file:h-9 file:rounded-md file:border file:border-solid file:border-edge file:bg-surface file:px-3 file:font-medium file:text-text"
          onChange={({ target }) => void target.files?.[0]?.text().then((sbom) => onDraft({ sbom }))}
        />
      </label>
    </Folded>
  );
}
