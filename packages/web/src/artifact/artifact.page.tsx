import type { Artifact } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Labels } from "../artifacts/labels.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Answered, Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Time } from "../ui/time.tsx";
import { useTitle } from "../ui/use-title.ts";
import { Compare } from "./compare.tsx";
import { Files } from "./files.tsx";
import { Gates } from "./gates.tsx";
import { History } from "./history.tsx";
import { artifactQuery, versionsQuery } from "./queries.ts";
import { type Tab, tabsOf } from "./search.ts";
import { Versions } from "./versions.tsx";

/** What draws, parses and fills in is loaded where somebody looks at it. */
const Evaluations = lazy(() => import("./evaluations.tsx").then(({ Evaluations }) => ({ default: Evaluations })));
const Prompt = lazy(() => import("./prompt.tsx").then(({ Prompt }) => ({ default: Prompt })));
const RegisterVersion = lazy(() => import("./register.tsx").then((module) => ({ default: module.RegisterVersion })));
const Configuration = lazy(() => import("./configuration.tsx").then((module) => ({ default: module.Configuration })));

const route = getRouteApi("/artifacts/$name");

export function ArtifactPage() {
  const { name } = route.useParams();
  useTitle(name);
  const artifact = useQuery(artifactQuery(useProject(), name));
  return (
    <Answered query={artifact} isPage>
      {(found) => <Picture artifact={found} />}
    </Answered>
  );
}

function Picture({ artifact }: { artifact: Artifact }) {
  const { name, kind, labels, createdAt } = artifact;
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const refusal = useRefusal("artifact.write");
  const [registering, setRegistering] = useState(false);
  const tabs = tabsOf(kind);
  const shown = tabs.find((one) => one.name === tab)?.name ?? "versions";
  const show = (next: Tab): void => void navigate({ search: (before) => ({ ...before, tab: next }) });
  return (
    <div className="space-y-4">
      <header className="flex min-h-9 flex-wrap items-start justify-between gap-3">
        <div className="min-w-0 space-y-1">
          <p>
            <Link to="/artifacts" className="text-accent underline">
              Artifacts
            </Link>
          </p>
          <h1 className="flex flex-wrap items-center gap-2 text-lg font-semibold wrap-anywhere">
            <bdi>{name}</bdi>
            <Badge>{kind}</Badge>
            <Labels labels={labels} />
          </h1>
          <p className="text-muted">
            Made <Time at={createdAt} />
          </p>
        </div>
        {refusal === null && (
          <Button tone="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => setRegistering(true)}>
            Register a version
          </Button>
        )}
      </header>
      <Tabs label={`Parts of ${name}`} tabs={tabs} value={shown} onChange={show}>
        <Suspense fallback={<Loading rows={6} />}>
          <Part tab={shown} artifact={artifact} />
        </Suspense>
      </Tabs>
      {registering && (
        <Suspense>
          <RegisterVersion artifact={artifact} onClose={() => setRegistering(false)} />
        </Suspense>
      )}
    </div>
  );
}

function Part({ tab, artifact }: { tab: Tab; artifact: Artifact }) {
  const versions = useQuery(versionsQuery(useProject(), artifact.name));
  if (tab === "files") return <Files artifact={artifact} />;
  if (tab === "gates") return <Gates artifact={artifact} />;
  if (tab === "history") return <History artifact={artifact} />;
  return (
    <Answered query={versions} rows={6}>
      {(page) => {
        switch (tab) {
          case "compare":
            return <Compare artifact={artifact} versions={page.items} />;
          case "evaluations":
            return <Evaluations artifact={artifact} versions={page.items} />;
          case "prompt":
            return <Prompt versions={page.items} />;
          case "configuration":
            return <Configuration artifact={artifact} versions={page.items} />;
          default:
            return <Versions artifact={artifact} versions={page.items} more={page.nextCursor !== null} />;
        }
      }}
    </Answered>
  );
}
