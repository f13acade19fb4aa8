import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { count } from "../format/number.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useSettled } from "../ui/use-settled.ts";
import { useTitle } from "../ui/use-title.ts";
import { type ArtifactRow, artifactsSearch, KINDS, matching, NOWHERE, rowsOf } from "./filter.ts";
import { Labels } from "./labels.tsx";
import { NewArtifact } from "./new-artifact.tsx";
import { artifactsQuery, placesQuery } from "./queries.ts";

const route = getRouteApi("/artifacts");

/** Everything that has versions, and where it runs. */
export function ArtifactsPage() {
  useTitle("Artifacts");
  const project = useProject();
  const artifacts = useQuery(artifactsQuery(project));
  const [making, setMaking] = useState(false);
  const refusal = useRefusal("artifact.write");
  return (
    <div className="space-y-4">
      <header className="flex min-h-9 flex-wrap items-center justify-between gap-2">
        <h1 className="text-lg font-semibold">Artifacts</h1>
        <div className="flex gap-2">
          <Link
            to="/library"
            className="inline-flex h-9 items-center rounded-md border border-edge bg-surface px-3 font-medium hover:bg-sunken"
          >
            Pipeline library
          </Link>
          {refusal === null && (
            <Button tone="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setMaking(true)}>
              New artifact
            </Button>
          )}
        </div>
      </header>
      <Answered query={artifacts} rows={8}>
        {(all) => <Found artifacts={all} />}
      </Answered>
      {making && <NewArtifact onClose={() => setMaking(false)} />}
    </div>
  );
}

function Found({ artifacts }: { artifacts: Parameters<typeof rowsOf>[0] }) {
  const search = route.useSearch();
  const { data: deployments } = useQuery(placesQuery(useProject()));
  const rows = useMemo(() => rowsOf(artifacts, deployments ?? []), [artifacts, deployments]);
  const found = useMemo(() => matching(rows, search), [rows, search]);
  return (
    <>
      <Filters rows={rows} />
      <p role="status" className="text-muted">
        {count(found.length)} of {count(rows.length)}
      </p>
      <Card className="min-h-72">
        {found.length === 0 ? (
          <Empty title={rows.length === 0 ? "This project has no artifact yet" : "No artifact is like that"}>
            {rows.length === 0 && (
              <p>
                An artifact is what has versions: a program, an agent, a model, a pipeline or a prompt. Every delivery
                of <code>sluice apply</code> makes its own.
              </p>
            )}
          </Empty>
        ) : (
          <Table label="Artifacts" head={["Name", "Kind", "Latest version", "Where it runs", "Made"]}>
            {found.map((row) => (
              <Row key={row.artifact.id} row={row} />
            ))}
          </Table>
        )}
      </Card>
    </>
  );
}

function Row({ row: { artifact, places } }: { row: ArtifactRow }) {
  const { name, kind, labels, createdAt, latestVersion } = artifact;
  return (
    <tr className="hover:bg-sunken">
      <Cell heading className="min-w-40">
        <Link to="/artifacts/$name" params={{ name }} className="text-accent underline wrap-anywhere">
          <bdi>{name}</bdi>
        </Link>
        <span className="mt-1 flex flex-wrap gap-1 font-normal">
          <Labels labels={labels} />
        </span>
      </Cell>
      <Cell>{kind}</Cell>
      <Cell className="font-mono">
        {latestVersion === null ? <span className="font-sans text-muted">none yet</span> : latestVersion}
      </Cell>
      <Cell>
        {places.length === 0 ? (
          <span className="text-muted">nowhere</span>
        ) : (
          <ul className="space-y-0.5">
            {places.map(({ deployment, environment, version }) => (
              <li key={`${deployment} ${version}`} className="whitespace-nowrap">
                <Link to="/deployments/$id" params={{ id: deployment }} className="text-accent underline">
                  {environment}
                </Link>{" "}
                <span className={`font-mono ${version === latestVersion ? "" : "text-muted"}`}>{version}</span>
              </li>
            ))}
          </ul>
        )}
      </Cell>
      <Cell className="text-muted">
        <Time at={createdAt} />
      </Cell>
    </tr>
  );
}

function Filters({ rows }: { rows: readonly ArtifactRow[] }) {
  const navigate = route.useNavigate();
  const { q = "", kind = "", environment = "" } = route.useSearch();
  const set = (changed: Record<string, string>): void =>
    void navigate({ search: (before) => artifactsSearch({ ...before, ...changed }), replace: true });
  const [text, type] = useSettled(q, (settled) => set({ q: settled }));
  const environments = [...new Set(rows.flatMap(({ places }) => places.map((place) => place.environment)))].sort();
  return (
    <search className="grid grid-cols-2 gap-3 lg:max-w-3xl lg:grid-cols-3">
      <div className="col-span-2 lg:col-span-1">
        <TextField label="Name or label" type="search" value={text} onChange={(event) => type(event.target.value)} />
      </div>
      <Choice label="Kind" value={kind} onChange={(event) => set({ kind: event.target.value })}>
        <option value="">All</option>
        {KINDS.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Choice>
      <Choice label="Runs in" value={environment} onChange={(event) => set({ environment: event.target.value })}>
        <option value="">Anywhere or nowhere</option>
        <option value={NOWHERE}>Nowhere</option>
        {environments.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </Choice>
    </search>
  );
}
