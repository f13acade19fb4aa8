import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { count } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { useSettled } from "../ui/use-settled.ts";
import { useTitle } from "../ui/use-title.ts";
import { choicesIn, deploymentsSearch, KINDS, matching, type Row, rowsOf, STATUSES } from "./filter.ts";
import { DeploymentList } from "./list.tsx";
import type { Reading } from "./reading.ts";
import { useDeployments } from "./use-deployments.ts";

const route = getRouteApi("/deployments");

/** Everything that runs, filtered in the page itself: there is no waiting for a server with every key. */
export function DeploymentsPage() {
  useTitle("Deployments");
  const reading = useDeployments(useProject());
  return (
    <div className="space-y-4">
      <h1 className="text-lg font-semibold">Deployments</h1>
      <Answered query={reading} rows={10}>
        {(read) => <Found reading={read} />}
      </Answered>
    </div>
  );
}

function Found({ reading }: { reading: Reading }) {
  const search = route.useSearch();
  const set = useSetSearch();
  // What is typed filters at once, and is in the address a moment later.
  const [q, type] = useSettled(search.q ?? "", (settled) => set({ q: settled }));
  const rows = useMemo(() => rowsOf(reading.deployments), [reading.deployments]);
  const found = useMemo(() => matching(rows, { ...search, q }), [rows, search, q]);
  return (
    <>
      <Filters rows={rows} q={q} onType={type} />
      <p role="status" className="text-muted">
        {count(found.length)} of {count(rows.length)}
        {!reading.complete && ", and more are being read"}
        {reading.tooMany && ". There are more, which are not shown: the command line lists them"}
      </p>
      <Card className="min-h-96 overflow-hidden">
        {found.length > 0 ? <DeploymentList rows={found} /> : <Nothing none={rows.length === 0} />}
      </Card>
    </>
  );
}

function Nothing({ none }: { none: boolean }) {
  const refusal = useRefusal("deployment.write");
  if (!none) return <Empty title="No deployment is like that" />;
  return (
    <Empty title="Nothing is deployed in this project">
      {refusal === null && (
        <Link to="/deploy" className="text-accent underline">
          Deploy something
        </Link>
      )}
    </Empty>
  );
}

function useSetSearch(): (changed: Record<string, string>) => void {
  const navigate = route.useNavigate();
  return (changed) =>
    void navigate({ search: (before) => deploymentsSearch({ ...before, ...changed }), replace: true });
}

function Filters({ rows, q, onType }: { rows: readonly Row[]; q: string; onType: (text: string) => void }) {
  const set = useSetSearch();
  const { environment = "", kind = "", status = "", label = "" } = route.useSearch();
  const choices = useMemo(() => choicesIn(rows), [rows]);
  return (
    <search className="grid grid-cols-2 gap-3 lg:grid-cols-5">
      <div className="col-span-2 lg:col-span-1">
        <TextField
          label="Name, artifact or version"
          type="search"
          value={q}
          onChange={(event) => onType(event.target.value)}
        />
      </div>
      <Filter
        label="Environment"
        value={environment}
        all={choices.environments}
        onChange={(one) => set({ environment: one })}
      />
      <Filter label="Kind" value={kind} all={KINDS} onChange={(one) => set({ kind: one })} />
      <Filter label="Status" value={status} all={STATUSES} onChange={(one) => set({ status: one })} />
      <Filter label="Label" value={label} all={choices.labels} onChange={(one) => set({ label: one })} />
    </search>
  );
}

interface FilterProps {
  label: string;
  value: string;
  all: readonly string[];
  onChange: (value: string) => void;
}

function Filter({ label, value, all, onChange }: FilterProps) {
  const shown = value === "" || all.includes(value) ? all : [...all, value];
  return (
    <Choice label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">All</option>
      {shown.map((one) => (
        <option key={one} value={one}>
          {one.replaceAll("_", " ")}
        </option>
      ))}
    </Choice>
  );
}
