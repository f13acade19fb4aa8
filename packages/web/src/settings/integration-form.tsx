import type { Integration } from "@sluice/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import type { SigningKey } from "./channels.tsx";
import { headersIn } from "./headers.ts";
import {
  fieldsOfIntegration,
  type IntegrationFields,
  integrationWith,
  KINDS,
  NO_INTEGRATION,
  QUESTIONS,
} from "./integration.ts";

interface IntegrationFormProps {
  /** Null: one is declared. */
  integration: Integration | null;
  known: readonly string[];
  onClose: () => void;
  /** With the key that messages are signed with, where one was made just now. */
  onSaved: (key: SigningKey | null) => void;
}

/** Declares a service, or changes it. What others change meanwhile is not undone unseen. */
export function IntegrationForm({ integration: current, known, onClose, onSaved }: IntegrationFormProps) {
  const project = useProject();
  const [integration] = useState(current);
  const [fields, setFields] = useState(integration === null ? NO_INTEGRATION : fieldsOfIntegration(integration));
  const put = (changed: Partial<IntegrationFields>): void => setFields((before) => ({ ...before, ...changed }));
  const name = fields.name.trim();
  const isTaken = integration === null && known.includes(name);
  const areHeaders = headersIn(fields.headers) !== null;
  const params = { path: { name }, query: { project } };
  const save = useMutation({
    mutationFn: async () => {
      if (integration !== null) {
        const now = await ok(sluice.http.GET("/v1/integrations/{name}", { params }));
        if (now.updatedAt !== integration.updatedAt) {
          throw new Error("Somebody has changed this integration since you began. Close this, and begin anew.");
        }
      }
      return ok(sluice.http.PUT("/v1/integrations/{name}", { params, body: integrationWith(fields, integration) }));
    },
    onSuccess: ({ secret }) => onSaved(secret === undefined ? null : { name, secret }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isTaken && areHeaders) save.mutate();
  };
  const at = (field: string): string | undefined => problemAt(save.error, field);
  return (
    <Dialog
      open
      onClose={onClose}
      title={integration === null ? "New integration" : `Edit ${integration.name}`}
      description="A service that is asked before anything starts, told of what serves, or both."
    >
      <form onSubmit={submit} className="space-y-4">
        {integration === null && (
          <TextField
            label="Name"
            required
            maxLength={63}
            value={fields.name}
            onChange={(event) => put({ name: event.target.value })}
            problem={isTaken ? "There is one of this name" : at("path.name")}
          />
        )}
        <Health fields={fields} put={put} at={at} />
        <TextField
          label="Told at (empty: it is not told)"
          type="url"
          value={fields.url}
          onChange={(event) => put({ url: event.target.value })}
          problem={at("webhook.url")}
          help={
            integration?.webhook == null
              ? undefined
              : "What is not shown of it stays as it is, until there is another address"
          }
        />
        {fields.url !== "" && (
          <TextArea
            label="Headers of its messages"
            rows={2}
            spellCheck={false}
            autoComplete="off"
            value={fields.headers}
            onChange={(event) => put({ headers: event.target.value })}
            problem={areHeaders ? at("webhook.headers") : "Each line is a name, a colon and a value"}
            help="A name, a colon and a value on each line; the values are kept secret"
          />
        )}
        <Reach fields={fields} put={put} />
        <FormProblem error={save.error} />
        <FormActions submit={integration === null ? "Create" : "Save"} busy={save.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}

interface PartProps {
  fields: IntegrationFields;
  put: (changed: Partial<IntegrationFields>) => void;
}

function Health({ fields, put, at }: PartProps & { at: (field: string) => string | undefined }) {
  const { question } = fields;
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      <Choice
        label="Asked by"
        value={question}
        onChange={(event) => put({ question: QUESTIONS.find((one) => one === event.target.value) ?? "" })}
        problem={at("health.type")}
      >
        <option value="">It is not asked</option>
        {QUESTIONS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Choice>
      {question !== "" && (
        <TextField
          label="Asked at (host:port)"
          required
          value={fields.address}
          onChange={(event) => put({ address: event.target.value })}
          problem={at("health.address") ?? at("health")}
        />
      )}
      {question === "http" && (
        <TextField
          label="Path (empty: none)"
          value={fields.path}
          onChange={(event) => put({ path: event.target.value })}
          problem={at("health.path")}
        />
      )}
      {question === "grpc" && (
        <TextField
          label="Service (empty: the whole server)"
          value={fields.service}
          onChange={(event) => put({ service: event.target.value })}
          problem={at("health.service")}
        />
      )}
    </div>
  );
}

/** Whom it concerns. */
function Reach({ fields, put }: PartProps) {
  const { data } = useQuery(environmentsQuery(useProject()));
  // An environment that is gone can still be taken away.
  const environments = [...new Set([...(data?.items.map(({ name }) => name) ?? []), ...fields.environments])];
  return (
    <>
      <Several
        label="Of kinds (every one where none is chosen)"
        all={KINDS}
        chosen={fields.kinds}
        onChoose={(kinds) => put({ kinds })}
      />
      <Several
        label="In environments (everywhere where none is chosen)"
        all={environments}
        chosen={fields.environments}
        onChoose={(chosen) => put({ environments: chosen })}
      />
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        <Tick checked={fields.required} onTick={(required) => put({ required })}>
          Nothing starts while it is not well
        </Tick>
        <Tick checked={fields.enabled} onTick={(enabled) => put({ enabled })}>
          On
        </Tick>
      </div>
    </>
  );
}

interface SeveralProps<Value extends string> {
  label: string;
  all: readonly Value[];
  chosen: readonly Value[];
  onChoose: (chosen: Value[]) => void;
}

function Several<Value extends string>({ label, all, chosen, onChoose }: SeveralProps<Value>) {
  return (
    <fieldset>
      <legend className="mb-1 text-xs font-medium text-muted">{label}</legend>
      <div className="flex flex-wrap gap-x-5 gap-y-2">
        {all.map((value) => (
          <Tick
            key={value}
            checked={chosen.includes(value)}
            onTick={(isOn) => onChoose(all.filter((one) => (one === value ? isOn : chosen.includes(one))))}
          >
            {value}
          </Tick>
        ))}
      </div>
    </fieldset>
  );
}

interface TickProps {
  checked: boolean;
  onTick: (isOn: boolean) => void;
  children: string;
}

function Tick({ checked, onTick, children }: TickProps) {
  return (
    <label className="flex min-h-6 items-center gap-2">
      <input
        type="checkbox"
        className="size-4 accent-accent"
        checked={checked}
        onChange={(event) => onTick(event.target.checked)}
      />
      {children}
    </label>
  );
}
