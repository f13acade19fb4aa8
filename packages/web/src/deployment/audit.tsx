import type { AuditEntry, Deployment } from "@sluice/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Card } from "../ui/card.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { auditQuery } from "./queries.ts";

/** Who did what to it, the newest first. What was done to its rollouts stands with them in the audit log. */
export function Audit({ deployment }: { deployment: Deployment }) {
  const entries = useInfiniteQuery(auditQuery(deployment.project, deployment.id));
  return (
    <Card title="Who did what to it" className="min-h-96">
      <Answered query={entries} rows={8}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="Nobody did anything yet" />;
          return (
            <Table label="Audit entries" head={["Deed", "By", "When", "In particular"]}>
              {items.map((entry) => (
                <Entry key={entry.seq} entry={entry} />
              ))}
            </Table>
          );
        }}
      </Answered>
      <Earlier query={entries} />
    </Card>
  );
}

function Entry({ entry: { action, actor, at, detail } }: { entry: AuditEntry }) {
  return (
    <tr>
      <Cell heading className="font-mono whitespace-nowrap">
        {action}
      </Cell>
      <Cell className="min-w-24 wrap-anywhere">
        <bdi>{actor}</bdi>
      </Cell>
      <Cell>
        <Time at={at} />
      </Cell>
      <Cell className="min-w-64 font-mono text-xs wrap-anywhere text-muted">
        {Object.entries(detail)
          .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
          .join(" · ")}
      </Cell>
    </tr>
  );
}
