import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "../app/project.tsx";
import { usePrincipal, useRefusal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useTitle } from "../ui/use-title.ts";
import { EntryDialog } from "./entry.tsx";
import { Filters } from "./filters.tsx";
import { type AuditEntry, auditQuery } from "./queries.ts";
import { Verify } from "./verify.tsx";

const route = getRouteApi("/audit");

export function AuditPage() {
  const refusal = useRefusal("audit.read");
  const { environment } = usePrincipal();
  useTitle("Audit");
  return (
    <div className="space-y-4">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <h1 className="text-lg font-semibold">Audit</h1>
        {refusal === null && <Verify />}
      </header>
      {refusal === null ? (
        <>
          <Filters />
          <Entries />
        </>
      ) : (
        <Empty title="The audit log is not for you">
          <p>
            {environment === null
              ? refusal
              : `Your token reaches ${environment} alone; the log is of the whole project.`}
          </p>
        </Empty>
      )}
    </div>
  );
}

function Entries() {
  const search = route.useSearch();
  const entries = useInfiniteQuery(auditQuery(useProject(), search));
  const [shown, show] = useState<AuditEntry | null>(null);
  return (
    <Card title="Who changed what">
      <Answered query={entries} rows={12}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="No entry is like that" />;
          return (
            <>
              <Table label="Entries" head={["Nr.", "When", "Who", "What", "Of what", { hidden: "Detail" }]}>
                {items.map((entry) => (
                  <tr key={entry.seq}>
                    <Cell className="text-muted">{entry.seq}</Cell>
                    <Cell>
                      <Time at={entry.at} />
                    </Cell>
                    <Cell className="min-w-28 wrap-anywhere">
                      <bdi>{entry.actor}</bdi>
                    </Cell>
                    <Cell heading className="font-mono whitespace-nowrap">
                      {entry.action}
                    </Cell>
                    <Cell className="min-w-56 font-mono wrap-anywhere">
                      <bdi>{entry.subject}</bdi>
                    </Cell>
                    <Cell className="text-right">
                      <Button size="small" aria-label={`Detail of entry ${entry.seq}`} onClick={() => show(entry)}>
                        Detail
                      </Button>
                    </Cell>
                  </tr>
                ))}
              </Table>
              <Earlier query={entries} />
              <p role="status" className="border-t border-line px-4 py-2 text-muted">
                {entries.hasNextPage ? `The newest ${items.length}` : `${items.length} in all`}
              </p>
            </>
          );
        }}
      </Answered>
      {shown !== null && <EntryDialog entry={shown} onClose={() => show(null)} />}
    </Card>
  );
}
