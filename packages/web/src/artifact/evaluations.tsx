import type { Artifact, Version } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useProject } from "../app/project.tsx";
import { count } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { Plot } from "../ui/plot.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { type Curve, type DatasetPicture, metricLabel, picturesOf, writerOf } from "./evaluations.ts";
import { evaluationsQuery } from "./queries.ts";

/** How good the versions were on each dataset, as plots over the versions and as figures. */
export function Evaluations({ artifact, versions }: { artifact: Artifact; versions: readonly Version[] }) {
  const evaluations = useQuery(evaluationsQuery(useProject(), artifact.name));
  const names = useMemo(() => versions.map(({ version }) => version), [versions]);
  return (
    <Answered query={evaluations} rows={6}>
      {({ items }) =>
        items.length === 0 ? (
          <Card>
            <Empty title="No version of it was evaluated yet">
              <p>
                <code>sluice eval run</code> and <code>sluice eval import</code> record how good a version is; gates ask
                for it.
              </p>
            </Empty>
          </Card>
        ) : (
          <div className="space-y-4">
            {picturesOf(items, names).map((picture) => (
              <Dataset key={picture.dataset} picture={picture} />
            ))}
          </div>
        )
      }
    </Answered>
  );
}

function Dataset({ picture: { dataset, versions, curves, evaluations } }: { picture: DatasetPicture }) {
  return (
    <Card title={<bdi>{dataset}</bdi>}>
      <div className="grid grid-cols-1 gap-4 p-4 md:grid-cols-2 xl:grid-cols-3">
        {curves.map((curve) => (
          <div key={curve.metric} className="min-w-0 space-y-1">
            <h3 className="text-xs font-medium text-muted wrap-anywhere">{metricLabel(curve.metric)}</h3>
            <OverVersions dataset={dataset} versions={versions} curve={curve} />
          </div>
        ))}
      </div>
      <div className="border-t border-line">
        <Table
          label={`Evaluations on ${dataset}`}
          head={["Version", ...curves.map(({ metric }) => metricLabel(metric)), "Samples", "Source", "Finished"]}
        >
          {evaluations.toReversed().map(({ id, version, metrics, sampleCount, source, finishedAt }) => (
            <tr key={id}>
              <Cell heading className="font-mono whitespace-nowrap">
                {version}
              </Cell>
              {curves.map(({ metric }) => (
                <Cell key={metric} className="whitespace-nowrap">
                  {writerOf(metric)(metrics[metric] ?? null)}
                </Cell>
              ))}
              <Cell>{count(sampleCount)}</Cell>
              <Cell className="wrap-anywhere">{source}</Cell>
              <Cell className="text-muted">
                <Time at={finishedAt} />
              </Cell>
            </tr>
          ))}
        </Table>
      </div>
    </Card>
  );
}

function OverVersions({ dataset, versions, curve }: { dataset: string; versions: string[]; curve: Curve }) {
  const data = useMemo<[number[], (number | null)[]]>(
    () => [versions.map((_, index) => index), curve.values],
    [versions, curve.values],
  );
  const write = writerOf(curve.metric);
  const last = curve.values.at(-1) ?? null;
  return (
    <Plot
      label={`${metricLabel(curve.metric)} on ${dataset} over ${versions.length} versions, last ${write(last)} of ${versions.at(-1) ?? ""}`}
      data={data}
      lines={LINES}
      format={write}
      categories={versions}
    />
  );
}

const LINES = [{ label: "by version", colour: "accent" }] as const;
