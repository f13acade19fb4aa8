import type { Environment } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { environmentQuery } from "../environments/queries.ts";
import { rulesOf } from "../environments/rules.ts";
import { Tier } from "../environments/tier.tsx";
import { Card } from "../ui/card.tsx";
import { Answered } from "../ui/states.tsx";
import { Time } from "../ui/time.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Asked } from "./asked.tsx";
import { Edit } from "./edit.tsx";
import { Freezes } from "./freezes.tsx";
import { Remove } from "./remove.tsx";
import { Running } from "./running.tsx";
import { Targets } from "./targets.tsx";

const route = getRouteApi("/environments/$name");

export function EnvironmentPage() {
  const { name } = route.useParams();
  const environment = useQuery(environmentQuery(useProject(), name));
  useTitle(name);
  return (
    <Answered query={environment} rows={10} isPage>
      {(found) => <Picture environment={found} />}
    </Answered>
  );
}

function Picture({ environment }: { environment: Environment }) {
  const { edit } = route.useSearch();
  const mayWrite = useRefusal("environment.write") === null;
  return (
    <div className="space-y-4">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 space-y-1">
          <h1 className="flex flex-wrap items-center gap-2 text-lg font-semibold wrap-anywhere">
            <bdi>{environment.name}</bdi>
            <Tier tier={environment.tier} />
          </h1>
          <p className="text-muted">
            <Link to="/environments" className="text-accent underline">
              Environments
            </Link>{" "}
            · changed <Time at={environment.updatedAt} />
          </p>
        </div>
        {mayWrite && (
          <div className="flex flex-wrap gap-2">
            <EditLink to="form">Change rules</EditLink>
            <EditLink to="text">Edit as text</EditLink>
            <Remove name={environment.name} />
          </div>
        )}
      </header>
      {mayWrite && edit !== undefined && <Edit key={edit} environment={environment} as={edit} />}
      <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
        <div className="min-w-0 space-y-4">
          <Rules environment={environment} />
          <Targets environment={environment} />
          <Asked environment={environment.name} />
        </div>
        <div className="min-w-0 space-y-4">
          <Freezes windows={environment.protection.freezeWindows} />
          <Running environment={environment.name} />
        </div>
      </div>
    </div>
  );
}

function EditLink({ to, children }: { to: "form" | "text"; children: string }) {
  const { name } = route.useParams();
  return (
    <Link
      to="/environments/$name"
      params={{ name }}
      search={(before) => ({ ...before, edit: to })}
      className="inline-flex h-9 items-center rounded-md border border-edge bg-surface px-3 font-medium hover:bg-sunken"
    >
      {children}
    </Link>
  );
}

function Rules({ environment }: { environment: Environment }) {
  return (
    <Card title="Rules">
      <dl className="divide-y divide-line">
        {rulesOf(environment).map(({ about, words }) => (
          <div key={about} className="grid grid-cols-[8rem_minmax(0,1fr)] gap-3 px-4 py-2">
            <dt className="text-muted">{about}</dt>
            <dd className="wrap-anywhere">{words}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
