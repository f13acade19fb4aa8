import type { Deployment } from "@sluice/client";
import { Card } from "../ui/card.tsx";
import { sectionsFor } from "./configuration.ts";

/** How the revision that serves is run. */
export function Configuration({ deployment }: { deployment: Deployment }) {
  return (
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
      {sectionsFor(deployment).map(({ title, rows }) => (
        <Pairs key={title} title={title} rows={rows} />
      ))}
      <Pairs
        title="Labels"
        rows={Object.entries(deployment.labels)}
        none="It has none: labels are given when it is created."
      />
    </div>
  );
}

interface PairsProps {
  title: string;
  rows: readonly (readonly [name: string, value: string])[];
  /** What is said when there are none. */
  none?: string;
}

export function Pairs({ title, rows, none }: PairsProps) {
  return (
    <Card title={title}>
      {rows.length === 0 ? (
        <p className="px-4 py-3 text-muted">{none}</p>
      ) : (
        <dl className="divide-y divide-line">
          {rows.map(([name, value]) => (
            <div key={name} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] gap-4 px-4 py-2">
              <dt className="wrap-anywhere text-muted">
                <bdi>{name}</bdi>
              </dt>
              <dd className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Card>
  );
}
