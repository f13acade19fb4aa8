import { useQuery } from "@tanstack/react-query";
import { parametersOf } from "../deploy/parameters.ts";
import { templatesQuery } from "../library/templates.ts";
import { Choice, TextArea } from "../ui/field.tsx";
import { type FieldsProps, written } from "./register.fields.tsx";

/** A template of the catalogue, or a collector's configuration of one's own. */
export function PipelineFields(props: FieldsProps) {
  const { draft, onDraft } = props;
  return (
    <>
      <Choice
        label="What it is"
        value={draft.form}
        onChange={({ target }) => onDraft({ form: target.value === "second" ? "second" : "first" })}
      >
        <option value="first">A template of the catalogue</option>
        <option value="second">A configuration of its own</option>
      </Choice>
      {draft.form === "first" ? <TemplateFields {...props} /> : <ConfigurationFields {...props} />}
      <TextArea
        label="Parameters (JSON or YAML)"
        help="Fixed by this version; deployments may set the others."
        rows={4}
        spellCheck={false}
        {...written(props, "parameters")}
      />
    </>
  );
}

function TemplateFields({ draft, onDraft, problem }: FieldsProps) {
  const { data } = useQuery(templatesQuery);
  const template = data?.items.find(({ name }) => name === draft.template);
  const parameters = parametersOf(template?.parameters) ?? [];
  return (
    <>
      <Choice
        label="Template"
        required
        value={draft.template}
        problem={problem("template")}
        help={template?.description}
        onChange={({ target }) => onDraft({ template: target.value })}
      >
        <option value="">Choose one</option>
        {data?.items.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </Choice>
      {parameters.length > 0 && (
        <details className="rounded-md border border-line">
          <summary className="cursor-pointer px-3 py-2 font-medium">Parameters that it takes</summary>
          <dl className="space-y-2 border-t border-line p-3 text-xs">
            {parameters.map(({ name, description, preset }) => (
              <div key={name}>
                <dt className="font-mono">{name}</dt>
                <dd className="text-muted wrap-anywhere">
                  {description} {preset !== "" && `Usual: ${preset}`}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

const ConfigurationFields = (props: FieldsProps) => (
  <>
    <TextArea
      label="Configuration of the collector (YAML or JSON)"
      required
      rows={12}
      placeholder={"receivers: …\nexporters: …\nservice:\n  pipelines: …"}
      help="As OpenTelemetry's collector reads it; {{name}} in its texts is replaced by the parameter."
      spellCheck={false}
      {...written(props, "config")}
    />
    <TextArea
      label="JSON Schema of the parameters (JSON or YAML)"
      help="Left out: all are taken."
      rows={4}
      spellCheck={false}
      {...written(props, "parametersSchema")}
    />
  </>
);
