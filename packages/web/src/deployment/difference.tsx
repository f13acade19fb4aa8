import type { Answer, Deployment, Revision } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Card } from "../ui/card.tsx";
import { Choice } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { differenceQuery } from "./queries.ts";
import { deploymentSearch } from "./search.ts";
import { shownValue } from "./shown-value.ts";

const route = getRouteApi("/deployments/$id");

type Change = Answer<"diffRevisions", 200>["changes"][number];

/** What two revisions differ in; at first the one that serves and the one before. */
export function Difference({ deployment, revisions }: { deployment: Deployment; revisions: readonly Revision[] }) {
  const navigate = route.useNavigate();
  const search = route.useSearch();
  const to = search.to ?? deployment.revision;
  const from = search.from ?? revisions.find(({ revision }) => revision < to)?.revision ?? to;
  const numbers = [...new Set([...revisions.map(({ revision }) => revision), from, to])].sort(
    (left, right) => right - left,
  );
  const versions = new Map(revisions.map(({ revision, version }) => [revision, version]));
  const set = (changed: { from: string } | { to: string }): void =>
    void navigate({ search: (before) => deploymentSearch({ ...before, from, to, ...changed }), replace: true });
  const options = numbers.map((number) => (
    <option key={number} value={number}>
      r{number} {versions.get(number)}
    </option>
  ));
  return (
    <Card title="What differs" className="min-h-48">
      <div className="grid grid-cols-2 gap-3 border-b border-line p-4 sm:grid-cols-[14rem_14rem]">
        <Choice label="From" value={from} onChange={(event) => set({ from: event.target.value })}>
          {options}
        </Choice>
        <Choice label="To" value={to} onChange={(event) => set({ to: event.target.value })}>
          {options}
        </Choice>
      </div>
      {from === to ? (
        <Empty title={revisions.length < 2 ? "There is one revision only" : "These are the same revision"} />
      ) : (
        <Changes id={deployment.id} from={from} to={to} />
      )}
    </Card>
  );
}

function Changes({ id, from, to }: { id: string; from: number; to: number }) {
  const difference = useQuery(differenceQuery(id, from, to));
  return (
    <Answered query={difference}>
      {({ changes }) =>
        changes.length === 0 ? (
          <Empty title="Nothing: they are alike" />
        ) : (
          <Table label={`Changes from r${from} to r${to}`} head={["What", "Change", `r${from}`, `r${to}`]}>
            {changes.map((change) => (
              <Row key={change.path} change={change} />
            ))}
          </Table>
        )
      }
    </Answered>
  );
}

const WORDS: Readonly<Record<Change["change"], { sign: string; tone: string }>> = {
  added: { sign: "+", tone: "text-good" },
  removed: { sign: "−", tone: "text-bad" },
  changed: { sign: "±", tone: "text-warn" },
};

function Row({ change: { path, change, from, to } }: { change: Change }) {
  const { sign, tone } = WORDS[change];
  return (
    <tr>
      <Cell heading className="min-w-40 font-mono text-xs wrap-anywhere">
        {path}
      </Cell>
      <Cell className={`whitespace-nowrap ${tone}`}>
        <span aria-hidden>{sign}</span> {change}
      </Cell>
      <Value value={from} />
      <Value value={to} />
    </tr>
  );
}

function Value({ value }: { value: unknown }) {
  return (
    <Cell className="min-w-40 font-mono text-xs wrap-anywhere whitespace-pre-wrap">
      {value === undefined ? <span className="text-muted">–</span> : shownValue(value)}
    </Cell>
  );
}
