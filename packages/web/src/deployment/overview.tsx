import type { Deployment, DeploymentMetrics, Instance } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { instancesQuery } from "../api/queries.ts";
import { bytes, count, milliseconds, NONE, percent, share } from "../format/number.ts";
import { Badge, type Tone } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { hasInstances } from "./commands.ts";
import { metricsQuery } from "./queries.ts";

/** Figures change without any event. Milliseconds. */
const LOOK_MS = 2_000;

export function Overview({ deployment }: { deployment: Deployment }) {
  return (
    <div className="space-y-4">
      <Split deployment={deployment} />
      {deployment.members !== null && <Members members={deployment.members} />}
      <Instances deployment={deployment} />
    </div>
  );
}

/** Who answers the callers, and how well. */
function Split({ deployment }: { deployment: Deployment }) {
  const metrics = useQuery({ ...metricsQuery(deployment.id), refetchInterval: LOOK_MS });
  const counted = (revision: number): DeploymentMetrics["revisions"][number] | undefined =>
    metrics.data?.revisions.find((one) => one.revision === revision);
  return (
    <Card title="Who answers">
      {deployment.split.length === 0 ? (
        <Empty title="Nobody yet" />
      ) : (
        <Table
          label="Revisions that have callers or instances"
          head={["Revision", "Role", "Callers", "Instances ready", "Requests", "Errors", "p50", "p99"]}
        >
          {deployment.split.map(({ revision, version, role, weight, instances }) => {
            const figures = counted(revision);
            return (
              <tr key={revision}>
                <Cell heading className="font-mono">
                  {version} <span className="font-normal text-muted">r{revision}</span>
                </Cell>
                <Cell>
                  <Badge tone={role === "retired" ? "plain" : role}>{role}</Badge>
                </Cell>
                <Cell>{percent(weight)}</Cell>
                {hasInstances(deployment) ? (
                  <Cell className={instances.ready < instances.desired ? "text-warn" : ""}>
                    {instances.ready} of {instances.desired}
                  </Cell>
                ) : (
                  <Cell>{NONE}</Cell>
                )}
                <Cell>{count(figures?.requests)}</Cell>
                <Cell>{figures === undefined ? NONE : `${count(figures.errors)} (${share(figures.errorRate)})`}</Cell>
                <Cell>{milliseconds(figures?.latencyMs.p50)}</Cell>
                <Cell>{milliseconds(figures?.latencyMs.p99)}</Cell>
              </tr>
            );
          })}
        </Table>
      )}
    </Card>
  );
}

/** What each target has of a deployment at several. */
function Members({ members }: { members: NonNullable<Deployment["members"]> }) {
  return (
    <Card title="At its targets">
      <Table label="Targets" head={["Target", "Status", "Serves", "Instances ready", "Trouble"]}>
        {members.map(({ id, target, status, version, revision, split, trouble }) => (
          <tr key={id}>
            <Cell heading>
              <Link to="/deployments/$id" params={{ id }} className="text-accent underline">
                <bdi>{target}</bdi>
              </Link>
            </Cell>
            <Cell>
              <StatusBadge status={status} />
            </Cell>
            <Cell className="font-mono">{version === null ? NONE : `${version} r${revision}`}</Cell>
            <Cell>
              {split.reduce((sum, { instances }) => sum + instances.ready, 0)} of{" "}
              {split.reduce((sum, { instances }) => sum + instances.desired, 0)}
            </Cell>
            <Cell className="min-w-48 wrap-anywhere text-bad">{trouble}</Cell>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

const TONES: Readonly<Record<Instance["state"], Tone>> = {
  starting: "accent",
  ready: "good",
  unready: "warn",
  draining: "plain",
  backoff: "bad",
  completed: "plain",
  crash_loop: "bad",
};

function Instances({ deployment }: { deployment: Deployment }) {
  const instances = useQuery({ ...instancesQuery(deployment.id), refetchInterval: LOOK_MS });
  if (!hasInstances(deployment)) return null;
  return (
    <Card title="Instances" className="min-h-40">
      <Answered query={instances}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="None runs" />
          ) : (
            <Table
              label="List of instances"
              head={["Instance", "State", "Revision", "Restarts", "Memory", "Processor", "Ready since", "Reason"]}
            >
              {items.map(({ id, state, revision, restarts, usage, readyAt, reason, address }) => (
                <tr key={id}>
                  <Cell heading className="font-mono whitespace-nowrap">
                    <Link
                      to="/deployments/$id"
                      params={{ id: deployment.id }}
                      search={{ tab: "logs", instance: id }}
                      className="text-accent underline"
                    >
                      {id}
                    </Link>
                    {address !== null && (
                      <span className="block text-xs font-normal text-muted">
                        {address.host}:{address.port}
                      </span>
                    )}
                  </Cell>
                  <Cell>
                    <Badge tone={TONES[state]}>{state.replaceAll("_", " ")}</Badge>
                  </Cell>
                  <Cell className="font-mono">r{revision}</Cell>
                  <Cell className={restarts > 0 ? "text-warn" : ""}>{count(restarts)}</Cell>
                  <Cell className="whitespace-nowrap">{bytes(usage?.rssBytes)}</Cell>
                  <Cell className="whitespace-nowrap">{usage === null ? NONE : percent(usage.cpuCores * 100)}</Cell>
                  <Cell>{readyAt === null ? NONE : <Time at={readyAt} />}</Cell>
                  <Cell className="min-w-48 wrap-anywhere">{reason}</Cell>
                </tr>
              ))}
            </Table>
          )
        }
      </Answered>
    </Card>
  );
}
