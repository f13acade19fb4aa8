import type { Deployment, Revision } from "@sluice/client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useRefusal } from "../app/session.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Answered } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { Difference } from "./difference.tsx";
import { revisionsQuery } from "./queries.ts";
import { RollBack } from "./roll-back.tsx";
import { deploymentSearch } from "./search.ts";

const route = getRouteApi("/deployments/$id");

/** Everything that it was ever told to run, what of that differs, and the way back. */
export function Revisions({ deployment }: { deployment: Deployment }) {
  const revisions = useInfiniteQuery(revisionsQuery(deployment.id));
  return (
    <Answered query={revisions} rows={8}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        return (
          <div className="space-y-4">
            <Difference deployment={deployment} revisions={items} />
            <Card title="Revisions">
              <Table
                label="List of revisions"
                head={["Revision", "Role", "Made", "By", { hidden: "What can be done" }]}
              >
                {items.map((revision) => (
                  <Row key={revision.revision} deployment={deployment} revision={revision} />
                ))}
              </Table>
              <Earlier query={revisions} />
            </Card>
          </div>
        );
      }}
    </Answered>
  );
}

function Row({
  deployment,
  revision: { revision, version, role, createdAt, createdBy },
}: {
  deployment: Deployment;
  revision: Revision;
}) {
  const navigate = route.useNavigate();
  const refusal = useRefusal("deployment.write");
  const [asked, setAsked] = useState(false);
  // From the older one to the newer one, whichever of them serves.
  const [from = revision, to = revision] = [revision, deployment.revision].sort((left, right) => left - right);
  const compare = (): void =>
    void navigate({ search: (before) => deploymentSearch({ ...before, from, to }), replace: true });
  return (
    <tr>
      <Cell heading className="font-mono">
        {version} <span className="font-normal text-muted">r{revision}</span>
      </Cell>
      <Cell>
        <Badge tone={role === "earlier" ? "plain" : role}>{role}</Badge>
      </Cell>
      <Cell>
        <Time at={createdAt} />
      </Cell>
      <Cell className="min-w-24 wrap-anywhere">
        <bdi>{createdBy}</bdi>
      </Cell>
      <Cell>
        <div className="flex justify-end gap-2">
          {revision !== deployment.revision && (
            <Button size="small" tone="quiet" onClick={compare}>
              Compare<span className="sr-only"> r{revision} with what serves</span>
            </Button>
          )}
          {role === "earlier" && refusal === null && deployment.partOf === null && (
            <Button
              size="small"
              refused={deployment.status === "deleting" ? "The deployment is being deleted" : null}
              onClick={() => setAsked(true)}
            >
              Roll back to this<span className="sr-only">, r{revision}</span>
            </Button>
          )}
        </div>
        {asked && <RollBack deployment={deployment} to={{ revision, version }} onClose={() => setAsked(false)} />}
      </Cell>
    </tr>
  );
}
