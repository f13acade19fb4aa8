import type { Deployment, Rollout } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { deploymentQuery, environmentsQuery, rolloutQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { usePrincipal, useRefusal } from "../app/session.tsx";
import { artifactsQuery } from "../artifacts/queries.ts";
import { templatesQuery } from "../library/templates.ts";
import { Answered, Empty } from "../ui/states.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Place } from "./place.tsx";
import { Register } from "./register.tsx";
import type { DeploySearch } from "./search.ts";
import { chosenNext, missingOf, selectionOf } from "./selection.ts";

const route = getRouteApi("/deploy");

export function DeployPage() {
  const refusal = useRefusal("deployment.write");
  const { role } = usePrincipal();
  useTitle("Deploy");
  return (
    <div className="space-y-4">
      <header className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-lg font-semibold">Deploy</h1>
        <Link to="/library" className="text-accent underline">
          Pipeline library
        </Link>
      </header>
      {refusal === null ? <Begin /> : <Empty title={`Your role, ${role}, may look at deployments, not make any`} />}
    </div>
  );
}

/** Waits for what the address points at: a rollout or a deployment that says what is meant. */
function Begin() {
  const { from = "", deployment: named } = route.useSearch();
  const isDeployment = named !== undefined && named !== "new";
  const rollout = useQuery({ ...rolloutQuery(from), enabled: from !== "" });
  const deployment = useQuery({ ...deploymentQuery(named ?? ""), enabled: isDeployment });
  if (from !== "" && rollout.data === undefined) return <Answered query={rollout}>{() => null}</Answered>;
  if (isDeployment && deployment.data === undefined) return <Answered query={deployment}>{() => null}</Answered>;
  return <Chosen rollout={rollout.data} deployment={deployment.data} />;
}

interface Pointed {
  rollout: Rollout | undefined;
  deployment: Deployment | undefined;
}

function Chosen({ rollout, deployment }: Pointed) {
  const project = useProject();
  const search = route.useSearch();
  const navigate = useNavigate();
  const artifacts = useQuery(artifactsQuery(project));
  const environments = useQuery(environmentsQuery(project));
  const templates = useQuery({ ...templatesQuery, enabled: search.template !== undefined });
  const selection = selectionOf({ search, rollout, deployment });
  // What was pointed at is a beginning: what is chosen afterwards stands in the address by itself.
  const choose = (part: Partial<DeploySearch>): void => {
    void navigate({ to: "/deploy", search: chosenNext(search, selection, part), replace: true });
  };
  return (
    <Answered query={artifacts}>
      {(known) => (
        <Answered query={environments}>
          {({ items }) => {
            if (items.length === 0) return <NoEnvironment />;
            const artifact = known.find(({ name }) => name === selection.artifact);
            const template = templates.data?.items.find(({ name }) => name === selection.artifact);
            const environment = items.find(({ name }) => name === selection.environment);
            if (artifact === undefined && template !== undefined) return <Register template={template} />;
            if (known.length === 0) return <NoArtifact />;
            return (
              <Place
                selection={{ ...selection, artifact: artifact?.name }}
                artifact={artifact}
                missing={missingOf(selection, { artifact, environment })}
                artifacts={known}
                environment={environment}
                environments={items}
                rollout={rollout}
                onChoose={choose}
              />
            );
          }}
        </Answered>
      )}
    </Answered>
  );
}

const NoEnvironment = () => (
  <Empty title="There is no environment to deploy to">
    <Link to="/environments" className="text-accent underline">
      Make one
    </Link>
  </Empty>
);

const NoArtifact = () => (
  <Empty title="There is nothing to deploy yet">
    <p>
      <Link to="/artifacts" className="text-accent underline">
        Register an artifact
      </Link>{" "}
      or begin with a pipeline of{" "}
      <Link to="/library" className="text-accent underline">
        the library
      </Link>
      .
    </p>
  </Empty>
);
