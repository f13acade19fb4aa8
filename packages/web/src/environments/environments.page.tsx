import type { Environment } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { nextSpan } from "../environment/freeze.ts";
import { moment } from "../format/time.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { useNow } from "../ui/use-now.ts";
import { useTitle } from "../ui/use-title.ts";
import { healthOf, nameOfTarget } from "./health.ts";
import { NewEnvironment } from "./new-environment.tsx";
import { MOST_RUNNING, outlookQuery, runningQuery, serversQuery } from "./queries.ts";
import { rulesOf } from "./rules.ts";
import { Tier } from "./tier.tsx";

export function EnvironmentsPage() {
  const project = useProject();
  const environments = useQuery(environmentsQuery(project));
  const refusal = useRefusal("environment.write");
  const [isNew, setNew] = useState(false);
  useTitle("Environments");
  return (
    <div className="space-y-4">
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">Environments</h1>
        {refusal === null && <Button onClick={() => setNew(true)}>New environment</Button>}
      </header>
      <Answered query={environments} rows={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="This project has no environment">
              <p>Nothing can be deployed until there is one.</p>
            </Empty>
          ) : (
            <ul className="grid grid-cols-1 gap-4 lg:grid-cols-2 2xl:grid-cols-3">
              {items.map((environment) => (
                <li key={environment.name} className="min-w-0">
                  <Summary environment={environment} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
      {isNew && <NewEnvironment onClose={() => setNew(false)} />}
    </div>
  );
}

function Summary({ environment }: { environment: Environment }) {
  const { name, tier } = environment;
  return (
    <article className="h-full rounded-lg border border-line bg-surface">
      <header className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2.5">
        <h2 className="font-semibold wrap-anywhere">
          <Link to="/environments/$name" params={{ name }} className="text-accent underline">
            {name}
          </Link>
        </h2>
        <Tier tier={tier} />
        <Frozen environment={environment} />
      </header>
      <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 px-4 py-3">
        <dt className="text-muted">Runs here</dt>
        <dd className="min-h-5">
          <Running environment={name} />
        </dd>
        <dt className="text-muted">Targets</dt>
        <dd className="min-h-6">
          <Targets environment={environment} />
        </dd>
        {rulesOf(environment).map(({ about, words }) => (
          <div key={about} className="contents">
            <dt className="text-muted">{about}</dt>
            <dd className="wrap-anywhere">{words}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

/** Said only while nothing may begin. */
function Frozen({ environment }: { environment: Environment }) {
  const now = useNow();
  // Windows open and close at whole minutes.
  const thisMinute = now - (now % 60_000);
  const { freezeWindows } = environment.protection;
  const ends = useMemo(() => {
    const spans = freezeWindows.map((window) => nextSpan(window, thisMinute));
    return spans.flatMap((span) => (span !== null && span.from <= thisMinute ? [span.to] : []));
  }, [freezeWindows, thisMinute]);
  return ends.length === 0 ? null : <Badge tone="warn">frozen until {moment(Math.max(...ends))}</Badge>;
}

function Running({ environment }: { environment: string }) {
  const { data } = useQuery(runningQuery(useProject(), environment));
  if (data === undefined) return null;
  const moving = data.items.filter(({ activeRollout }) => activeRollout !== null).length;
  const many = data.nextCursor === null ? String(data.items.length) : `more than ${MOST_RUNNING}`;
  if (data.items.length === 0) return "nothing";
  return (
    <Link to="/deployments" search={{ environment }} className="text-accent underline">
      {many} {data.items.length === 1 ? "deployment" : "deployments"}
      {moving > 0 && `, ${moving} moving`}
    </Link>
  );
}

function Targets({ environment }: { environment: Environment }) {
  const outlook = useQuery(outlookQuery(useProject()));
  const servers = useQuery(serversQuery);
  return (
    <ul className="flex flex-wrap gap-1.5">
      {environment.targets.map((target) => {
        const { tone, state } = healthOf(target, outlook.data?.items ?? [], servers.data?.items ?? []);
        const isKnown = outlook.data !== undefined && servers.data !== undefined;
        return (
          <li key={nameOfTarget(target)}>
            <Badge tone={isKnown ? tone : "plain"}>
              {nameOfTarget(target)}: {isKnown ? state : "…"}
            </Badge>
          </li>
        );
      })}
    </ul>
  );
}
