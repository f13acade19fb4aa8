import type { Deployment } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { isGone } from "../api/problems.ts";
import { deploymentQuery } from "../api/queries.ts";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { Answered } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Time } from "../ui/time.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Actions } from "./actions.tsx";
import { Audit } from "./audit.tsx";
import { Configuration } from "./configuration.tsx";
import { Endpoints } from "./endpoints.tsx";
import { History } from "./history.tsx";
import { Logs } from "./logs.tsx";
import { Overview } from "./overview.tsx";
import { Revisions } from "./revisions.tsx";
import { TABS, type Tab } from "./search.ts";

const route = getRouteApi("/deployments/$id");

/** Instances come and go without any event. Milliseconds. */
const LOOK_MS = 5_000;

const SHOWN: Readonly<Record<Tab, ComponentType<{ deployment: Deployment }>>> = {
  overview: Overview,
  logs: Logs,
  revisions: Revisions,
  configuration: Configuration,
  endpoints: Endpoints,
  history: History,
  audit: Audit,
};

export function DeploymentPage() {
  const { id } = route.useParams();
  const deployment = useQuery({
    ...deploymentQuery(id),
    refetchInterval: ({ state }) => (state.data === undefined || isGone(state.error) ? false : LOOK_MS),
  });
  return (
    <Answered query={deployment} isPage>
      {(found) => <Picture key={found.id} deployment={found} />}
    </Answered>
  );
}

function Picture({ deployment }: { deployment: Deployment }) {
  const navigate = route.useNavigate();
  const { tab = "overview" } = route.useSearch();
  const { name, environment, status } = deployment;
  useTitle(`${name} in ${environment}`);
  const Shown = SHOWN[tab];
  return (
    <div className="space-y-4">
      <header className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 space-y-1">
          <h1 className="flex flex-wrap items-center gap-2 text-lg font-semibold wrap-anywhere">
            <span>
              <bdi>{name}</bdi> in <bdi>{environment}</bdi>
            </span>
            <StatusBadge status={status} />
          </h1>
          <About deployment={deployment} />
        </div>
        <Actions deployment={deployment} />
      </header>
      <Tabs
        label={`Of ${name}`}
        tabs={TABS}
        value={tab}
        onChange={(next) => void navigate({ search: { tab: next }, replace: true })}
      >
        <Shown deployment={deployment} />
      </Tabs>
    </div>
  );
}

const LINK = "text-accent underline";

function About({ deployment }: { deployment: Deployment }) {
  const { artifact, kind, version, revision, activeRollout, partOf, target, deployedBy, updatedAt } = deployment;
  return (
    <>
      <p className="wrap-anywhere text-muted">
        {kind}{" "}
        <Link to="/artifacts/$name" params={{ name: artifact }} className={LINK}>
          <bdi>{artifact}</bdi>
        </Link>{" "}
        <span className="font-mono">
          {version} r{revision}
        </span>{" "}
        · by <bdi>{deployedBy}</bdi>, changed <Time at={updatedAt} />
      </p>
      {/* Rollouts come and go; what is below stays where it is. */}
      <p className="min-h-[1lh]">
        {activeRollout !== null && (
          <Link to="/rollouts/$id" params={{ id: activeRollout }} className={LINK}>
            A rollout is under way
          </Link>
        )}
      </p>
      {partOf !== null && (
        <p className="text-muted">
          It is what target {target} has of{" "}
          <Link to="/deployments/$id" params={{ id: partOf }} className={LINK}>
            a deployment to several
          </Link>
          , through which it is commanded.
        </p>
      )}
    </>
  );
}
