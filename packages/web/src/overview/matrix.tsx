import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { percent } from "../format/number.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { matrixOf, type Placed } from "./matrix.ts";
import type { Overview } from "./queries.ts";

/** Rows that are shown at first, and deployments in one cell. */
const ROWS = 50;
const CHIPS = 5;

/** What version is where: artifacts as rows, environments as columns. */
export function Matrix({ overview }: { overview: Overview }) {
  const [most, setMost] = useState(ROWS);
  const rows = useMemo(() => matrixOf(overview), [overview]);
  return (
    <Card
      title="What is where"
      aside={
        <Link to="/deployments" className="text-accent underline">
          All deployments
        </Link>
      }
    >
      <Table
        label="Versions by artifact and environment"
        head={["Artifact", ...overview.environments.map(({ name }) => name)]}
      >
        {rows.slice(0, most).map(({ artifact, cells }) => (
          <tr key={artifact.name}>
            <Cell heading className="min-w-36">
              <Link to="/artifacts/$name" params={{ name: artifact.name }} className="wrap-anywhere hover:underline">
                <bdi>{artifact.name}</bdi>
              </Link>
              <span className="block text-xs font-normal text-muted">{artifact.kind}</span>
            </Cell>
            {cells.map(({ environment, deployments }) => (
              <Cell key={environment} className="min-w-40">
                <Chips artifact={artifact.name} environment={environment} deployments={deployments} />
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
      {rows.length > most && (
        <div className="border-t border-line p-3 text-center">
          <Button size="small" onClick={() => setMost(most + 4 * ROWS)}>
            {rows.length - most} more artifacts
          </Button>
        </div>
      )}
      {!overview.complete && (
        <p className="border-t border-line px-4 py-2 text-muted">There are more deployments than this page shows.</p>
      )}
    </Card>
  );
}

function Chips({
  artifact,
  environment,
  deployments,
}: {
  artifact: string;
  environment: string;
  deployments: Placed[];
}) {
  if (deployments.length === 0)
    return (
      <span className="text-muted">
        <span aria-hidden>–</span>
        <span className="sr-only">nothing</span>
      </span>
    );
  return (
    <ul className="space-y-2">
      {deployments.slice(0, CHIPS).map((deployment) => (
        <li key={deployment.id}>
          <Chip deployment={deployment} named={deployments.length > 1 || deployment.name !== artifact} />
        </li>
      ))}
      {deployments.length > CHIPS && (
        <li>
          <Link to="/deployments" search={{ q: artifact, environment }} className="text-xs text-accent underline">
            {deployments.length - CHIPS} more
          </Link>
        </li>
      )}
    </ul>
  );
}

/** One deployment: its version, how it is, and where it is moving. */
function Chip({ deployment, named }: { deployment: Placed; named: boolean }) {
  const { id, name, version, status, rollout } = deployment;
  return (
    <div className="space-y-1">
      <span className="flex flex-wrap items-center gap-1.5">
        <Link to="/deployments/$id" params={{ id }} className="font-mono wrap-anywhere hover:underline">
          {version ?? "nothing yet"}
          <span className="sr-only"> of {name}</span>
        </Link>
        {status !== "running" && <StatusBadge status={status} />}
      </span>
      {named && (
        <bdi aria-hidden className="block text-xs wrap-anywhere text-muted">
          {name}
        </bdi>
      )}
      {rollout !== null && (
        <Link to="/rollouts/$id" params={{ id: rollout.id }} className="block text-xs hover:underline">
          <span className="flex justify-between gap-2">
            <span className="font-mono wrap-anywhere text-candidate">→ {rollout.toVersion}</span>
            <span className="text-muted">{rollout.paused ? "paused" : percent(rollout.weight)}</span>
          </span>
          <span aria-hidden className="mt-0.5 block h-1.5 overflow-hidden rounded-full bg-sunken">
            <span className="block h-full bg-candidate" style={{ width: `${rollout.weight}%` }} />
          </span>
        </Link>
      )}
    </div>
  );
}
