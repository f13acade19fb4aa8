import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { problemAt } from "../api/problems.ts";
import { environmentsQuery } from "../api/queries.ts";
import { TIERS } from "../environments/tiers.ts";
import { Choice, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import type { EditorProps } from "./edit.tsx";
import { fieldsOf, type RuleFields, type Strategy, specWith } from "./form.ts";
import { WindowFieldset } from "./window-fieldset.tsx";

const STRATEGIES: readonly Strategy[] = ["immediate", "gradual", "canary", "blue-green", "shadow", "ab"];
const VALIDATION = ["basic", "standard", "strict"] as const;
const MONITORING = ["minimal", "standard", "comprehensive"] as const;

/** The rules that most environments differ in. The others are changed as text. */
export function RuleForm({ environment, onSave, onClose, isSaving, error }: EditorProps) {
  const [fields, setFields] = useState(() => fieldsOf(environment));
  const { data } = useQuery(environmentsQuery(environment.project));
  const others = (data?.items ?? []).filter(({ name }) => name !== environment.name);
  const put = (changed: Partial<RuleFields>): void => setFields((before) => ({ ...before, ...changed }));
  const at = (field: string): string | undefined => problemAt(error, field);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSave(specWith(environment, fields));
  };
  return (
    <form onSubmit={submit} className="space-y-5 p-4" noValidate>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2 lg:grid-cols-4">
        <Pick label="Tier" values={TIERS} value={fields.tier} onPick={(tier) => put({ tier })} />
        <TextField
          label="Approvals"
          help="How many, for every rollout"
          inputMode="numeric"
          value={fields.requiredApprovals}
          onChange={(event) => put({ requiredApprovals: event.target.value })}
          problem={at("protection.requiredApprovals")}
        />
        <TextField
          label="Approvers"
          help="Names with commas; empty: all with the role"
          value={fields.approvers}
          onChange={(event) => put({ approvers: event.target.value })}
          problem={at("protection.approvers")}
        />
        <TextField
          label="Approval is waited for (hours)"
          help="Empty: without end"
          inputMode="decimal"
          value={fields.approvalExpiryHours}
          onChange={(event) => put({ approvalExpiryHours: event.target.value })}
          problem={at("protection.approvalExpirySeconds")}
        />
        <Choice
          label="Succeeded before in"
          value={fields.requireSuccessIn}
          onChange={(event) => put({ requireSuccessIn: event.target.value })}
          problem={at("protection.requireSuccessIn")}
        >
          <option value="">Nowhere</option>
          {fields.requireSuccessIn !== "" && !others.some(({ name }) => name === fields.requireSuccessIn) && (
            <option>{fields.requireSuccessIn}</option>
          )}
          {others.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </Choice>
        <Pick
          label="Checks"
          values={VALIDATION}
          value={fields.validationLevel}
          onPick={(validationLevel) => put({ validationLevel })}
        />
        <Pick
          label="Watching of agents"
          values={MONITORING}
          value={fields.monitoringLevel}
          onPick={(monitoringLevel) => put({ monitoringLevel })}
        />
        <Tick label="Four eyes" checked={fields.fourEyes} onTick={(fourEyes) => put({ fourEyes })}>
          Who begins a rollout may not approve it
        </Tick>
      </div>
      <fieldset className="space-y-2">
        <legend className="text-xs font-medium text-muted">Strategies (any where none is chosen)</legend>
        <div className="flex flex-wrap gap-x-5 gap-y-2">
          {STRATEGIES.map((strategy) => (
            <Tick
              key={strategy}
              checked={fields.allowedStrategies.includes(strategy)}
              onTick={(isOn) => put({ allowedStrategies: toggled(fields.allowedStrategies, strategy, isOn) })}
            >
              {strategy}
            </Tick>
          ))}
        </div>
      </fieldset>
      <fieldset className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <legend className="mb-1 text-xs font-medium text-muted">Most that one instance may have</legend>
        {(
          [
            ["memoryMb", "Memory (MB)"],
            ["cpuCores", "Cores"],
            ["storageGb", "Storage (GB)"],
          ] as const
        ).map(([field, label]) => (
          <TextField
            key={field}
            label={label}
            inputMode="decimal"
            value={fields[field]}
            onChange={(event) => put({ [field]: event.target.value })}
            problem={at(`limits.${field}`)}
          />
        ))}
      </fieldset>
      <WindowFieldset
        windows={fields.freezeWindows}
        onChange={(freezeWindows) => put({ freezeWindows })}
        problemAt={(index, field) => at(`protection.freezeWindows[${index}].${field}`)}
      />
      <FormActions submit="Save" busy={isSaving} leave="Close" onClose={onClose} />
    </form>
  );
}

/** In the order in which they are shown. */
const toggled = (chosen: readonly Strategy[], strategy: Strategy, isOn: boolean): Strategy[] =>
  STRATEGIES.filter((one) => (one === strategy ? isOn : chosen.includes(one)));

interface PickProps<Value extends string> {
  label: string;
  values: readonly Value[];
  value: Value;
  onPick: (value: Value) => void;
}

function Pick<Value extends string>({ label, values, value, onPick }: PickProps<Value>) {
  const pick = (chosen: string): void => {
    const known = values.find((one) => one === chosen);
    if (known !== undefined) onPick(known);
  };
  return (
    <Choice label={label} value={value} onChange={(event) => pick(event.target.value)}>
      {values.map((one) => (
        <option key={one}>{one}</option>
      ))}
    </Choice>
  );
}

interface TickProps {
  label?: string;
  checked: boolean;
  onTick: (isOn: boolean) => void;
  children: string;
}

function Tick({ label, checked, onTick, children }: TickProps) {
  return (
    <div className="space-y-1">
      {label !== undefined && <p className="text-xs font-medium text-muted">{label}</p>}
      <label className="flex min-h-6 items-center gap-2">
        <input
          type="checkbox"
          checked={checked}
          onChange={(event) => onTick(event.target.checked)}
          className="size-4 accent-accent"
        />
        {children}
      </label>
    </div>
  );
}
