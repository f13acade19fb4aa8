import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { usePrincipal } from "../app/session.tsx";
import type { Server } from "../environments/health.ts";
import { serversQuery } from "../environments/queries.ts";
import { count, NONE } from "../format/number.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Answered } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useTell } from "../ui/toast.tsx";

/** The servers of the database, and whether they are there. */
export default function Servers() {
  const servers = useQuery(serversQuery);
  const { actions, project } = usePrincipal();
  // They serve all projects: who reaches only one of them does not take one away.
  const mayForget = project === null && actions.includes("system.write");
  return (
    <Card title="Servers">
      <Answered query={servers}>
        {({ items }) => (
          <Table
            label="Servers"
            head={[
              "Server",
              "State",
              "Version",
              "Gateway",
              "Deployments of its own",
              ...(mayForget ? [{ hidden: "Actions" }] : []),
            ]}
          >
            {items.map((server) => (
              <tr key={server.id}>
                <Cell heading className="min-w-40 wrap-anywhere">
                  <span className="font-mono">{server.id}</span>
                  <span className="block text-xs font-normal text-muted">
                    {[server.host, server.url].filter((part) => part !== null).join(" · ")}
                  </span>
                </Cell>
                <Cell>
                  <Badge tone={server.alive ? "good" : "bad"}>{server.alive ? "alive" : "gone"}</Badge>
                  <span className="block text-xs text-muted">
                    {server.stoppedAt === null ? "seen " : "stopped "}
                    <Time at={server.stoppedAt ?? server.seenAt} />
                  </span>
                </Cell>
                <Cell className="font-mono">{server.version ?? NONE}</Cell>
                <Cell className="min-w-40 wrap-anywhere">{server.gatewayUrl ?? NONE}</Cell>
                <Cell>{count(server.deployments)}</Cell>
                {mayForget && (
                  <Cell className="text-right">
                    <Forget server={server} />
                  </Cell>
                )}
              </tr>
            ))}
          </Table>
        )}
      </Answered>
    </Card>
  );
}

function Forget({ server: { id, alive, deployments } }: { server: Server }) {
  const queries = useQueryClient();
  const tell = useTell();
  const [isAsked, setAsked] = useState(false);
  const forget = useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/servers/{id}", { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries(serversQuery),
    onError: (error) => tell({ tone: "bad", title: `${id} is not forgotten`, detail: error.message }),
  });
  return (
    <>
      <Button
        size="small"
        tone="danger"
        aria-label={`Forget ${id}`}
        refused={alive ? "It is alive: stop it first" : null}
        busy={forget.isPending}
        onClick={() => setAsked(true)}
      >
        Forget
      </Button>
      {isAsked && (
        <Confirm
          title={`Forget ${id}?`}
          description={`Its ${count(deployments)} deployments are started on the other servers. Should it come back, it ends what it still runs.`}
          yes="Forget"
          onClose={() => setAsked(false)}
          onYes={() => forget.mutate()}
        />
      )}
    </>
  );
}
