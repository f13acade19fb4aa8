import { getRouteApi } from "@tanstack/react-router";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { useSettled } from "../ui/use-settled.ts";
import { type AuditSearch, auditSearch } from "./search.ts";

const route = getRouteApi("/audit");

/** What the address says of the entries that are shown. */
export function Filters() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  // The router keeps the project in the address.
  const put = (changed: { [Key in keyof AuditSearch]: string }): void =>
    void navigate({ search: (before) => auditSearch({ ...before, ...changed }), replace: true, resetScroll: false });
  const isFiltered = Object.keys(auditSearch({ ...search })).length > 0;
  return (
    <search className="grid grid-cols-2 items-end gap-3 sm:grid-cols-3 xl:grid-cols-[repeat(5,minmax(0,1fr))_auto]">
      <Words label="Who" value={search.actor} onChange={(actor) => put({ actor })} />
      <Words label="What" example="rollout.promote" value={search.action} onChange={(action) => put({ action })} />
      <Words label="Of what" example="rol_…" value={search.subject} onChange={(subject) => put({ subject })} />
      <TextField
        label="From"
        type="date"
        max={search.to}
        value={search.from ?? ""}
        onChange={(event) => put({ from: event.target.value })}
      />
      <TextField
        label="To, that day included"
        type="date"
        min={search.from}
        value={search.to ?? ""}
        onChange={(event) => put({ to: event.target.value })}
      />
      <Button refused={isFiltered ? null : "Everything is shown"} onClick={() => void navigate({ search: {} })}>
        Show all
      </Button>
    </search>
  );
}

interface WordsProps {
  label: string;
  example?: string;
  value: string | undefined;
  onChange: (value: string) => void;
}

function Words({ label, example, value, onChange }: WordsProps) {
  const [shown, show] = useSettled(value ?? "", onChange);
  return (
    <TextField
      label={label}
      placeholder={example}
      maxLength={255}
      spellCheck={false}
      autoCapitalize="off"
      value={shown}
      onChange={(event) => show(event.target.value)}
    />
  );
}
