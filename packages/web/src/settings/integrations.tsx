import type { Integration } from "@sluice/client";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { useTell } from "../ui/toast.tsx";
import type { SigningKey } from "./channels.tsx";
import { IntegrationForm } from "./integration-form.tsx";
import { Messages } from "./messages.tsx";
import { Registrations } from "./registrations.tsx";
import { ShownOnce } from "./shown-once.tsx";

const route = getRouteApi("/settings");

const integrationsQuery = (project: string) =>
  queryOptions({
    queryKey: ["integrations", project],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/integrations", { params: { query: { project, limit: 200 } }, signal })),
  });

/** The services around deployments: asked before anything starts, told of what serves. */
export default function Integrations() {
  const project = useProject();
  const integrations = useQuery(integrationsQuery(project));
  const queries = useQueryClient();
  const { of } = route.useSearch();
  const [edited, edit] = useState<Integration | "new" | null>(null);
  const [key, showKey] = useState<SigningKey | null>(null);
  const mayWrite = useRefusal("integration.write") === null;
  const open = integrations.data?.items.find(({ name }) => name === of);
  return (
    <div className="space-y-4">
      <Card
        title="Integrations"
        aside={
          mayWrite && (
            <Button size="small" onClick={() => edit("new")}>
              New integration
            </Button>
          )
        }
      >
        <Answered query={integrations} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="No service is declared">
                <p>One may be asked before anything starts, and told of what serves.</p>
              </Empty>
            ) : (
              <Table
                label="Integrations"
                head={[
                  ...["Service", "Asked at", "Told at", "For", "State"],
                  ...(mayWrite ? [{ hidden: "Actions" }] : []),
                ]}
              >
                {items.map((integration) => (
                  <Row
                    key={integration.name}
                    integration={integration}
                    {...(mayWrite && { onEdit: () => edit(integration) })}
                  />
                ))}
              </Table>
            )
          }
        </Answered>
      </Card>
      {open !== undefined && (
        <>
          <Registrations name={open.name} />
          {open.webhook !== null && (
            <Messages receiver={{ type: "integrations", key: open.name, name: open.name }} mayWrite={mayWrite} />
          )}
        </>
      )}
      {edited !== null && (
        <IntegrationForm
          integration={edited === "new" ? null : edited}
          known={integrations.data?.items.map(({ name }) => name) ?? []}
          onClose={() => edit(null)}
          onSaved={(made) => {
            edit(null);
            showKey(made);
            void queries.invalidateQueries({ queryKey: ["integrations", project] });
          }}
        />
      )}
      {key !== null && (
        <ShownOnce
          title={`The signing key of ${key.name}`}
          description="The service knows by it that messages are of this server (Standard Webhooks)."
          secret={key.secret}
          onClose={() => showKey(null)}
        />
      )}
    </div>
  );
}

interface RowProps {
  integration: Integration;
  /** For those who may change it. */
  onEdit?: () => void;
}

function Row({ integration, onEdit }: RowProps) {
  const { name, enabled, required, health, webhook, kinds, environments } = integration;
  const kindWords = kinds.length === 0 ? "every kind" : kinds.join(", ");
  const placeWords = environments.length === 0 ? "everywhere" : `in ${environments.join(", ")}`;
  return (
    <tr>
      <Cell heading className="min-w-32 wrap-anywhere">
        <Link
          to="/settings"
          search={{ section: "integrations", of: name }}
          resetScroll={false}
          className="text-accent underline"
        >
          <bdi>{name}</bdi>
        </Link>
      </Cell>
      <Cell className="min-w-40 wrap-anywhere">
        {health === null ? "not asked" : `${health.type} ${health.address}${health.path ?? ""}`}
      </Cell>
      <Cell className="min-w-40 wrap-anywhere">{webhook === null ? "not told" : webhook.url}</Cell>
      <Cell className="min-w-32 text-muted">
        {kindWords}, {placeWords}
      </Cell>
      <Cell className="whitespace-nowrap">
        <Badge tone={enabled ? "good" : "warn"}>{enabled ? "on" : "off"}</Badge>{" "}
        <Badge>{required ? "required" : "notes only"}</Badge>
      </Cell>
      {onEdit !== undefined && (
        <Cell>
          <div className="flex justify-end gap-2">
            <Button size="small" aria-label={`Edit ${name}`} onClick={onEdit}>
              Edit
            </Button>
            <Remove name={name} />
          </div>
        </Cell>
      )}
    </tr>
  );
}

function Remove({ name }: { name: string }) {
  const project = useProject();
  const queries = useQueryClient();
  const tell = useTell();
  const [isAsked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      ok(sluice.http.DELETE("/v1/integrations/{name}", { params: { path: { name }, query: { project } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["integrations", project] }),
    onError: (error) => tell({ tone: "bad", title: `${name} was not deleted`, detail: error.message }),
  });
  return (
    <>
      <Button
        size="small"
        tone="danger"
        aria-label={`Delete ${name}`}
        busy={remove.isPending}
        onClick={() => setAsked(true)}
      >
        Delete
      </Button>
      {isAsked && (
        <Confirm
          title={`Delete ${name}?`}
          description="Nothing waits for it any more, and what is on its way to it is not sent."
          yes="Delete"
          onClose={() => setAsked(false)}
          onYes={() => remove.mutate()}
        />
      )}
    </>
  );
}
