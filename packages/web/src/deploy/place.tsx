import type { Artifact, Environment, Rollout } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useProject } from "../app/project.tsx";
import { placesQuery } from "../artifacts/queries.ts";
import { templatesQuery } from "../library/templates.ts";
import { Answered, Empty, Loading } from "../ui/states.tsx";
import { schemaOf } from "./asked.ts";
import { revisionQuery, versionQuery, versionsQuery } from "./queries.ts";
import type { DeploySearch } from "./search.ts";
import { changeable, freeName, freePath, type Selection, targetIn } from "./selection.ts";
import { TargetCard } from "./target.card.tsx";
import { Workbench } from "./workbench.tsx";

const route = getRouteApi("/deploy");

interface PlaceProps {
  selection: Selection;
  artifact: Artifact | undefined;
  /** What the address names and nobody knows; null: nothing. */
  missing: string | null;
  artifacts: readonly Artifact[];
  environment: Environment | undefined;
  environments: readonly Environment[];
  /** Whose winning revision is brought on. */
  rollout: Rollout | undefined;
  onChoose: (part: Partial<DeploySearch>) => void;
}

/** The place that is chosen, and the form for it as soon as everything is. */
export function Place({
  selection,
  artifact,
  missing,
  artifacts,
  environment,
  environments,
  rollout,
  onChoose,
}: PlaceProps) {
  const project = useProject();
  const search = route.useSearch();
  const name = artifact?.name ?? "";
  const versions = useQuery({ ...versionsQuery(project, name), enabled: artifact !== undefined });
  const places = useQuery({ ...placesQuery(project, name), enabled: artifact !== undefined });
  const templates = useQuery({ ...templatesQuery, enabled: artifact?.kind === "pipeline" });
  const won = useQuery({
    ...revisionQuery(rollout?.deployment ?? "", rollout?.toRevision ?? 0),
    enabled: rollout !== undefined && rollout.artifact === name,
  });
  const known = versions.data?.items ?? [];
  const newest = selection.version === undefined ? known[0] : known.find((one) => one.version === selection.version);
  const older = useQuery({
    ...versionQuery(project, name, selection.version ?? ""),
    enabled: versions.data !== undefined && selection.version !== undefined && newest === undefined,
  });
  const version = newest ?? older.data;
  const choices = changeable(places.data ?? [], environment?.name ?? "");
  const target = targetIn(choices, search.deployment);
  const card = (
    <TargetCard
      artifacts={artifacts}
      environments={environments}
      versions={[...known, ...(older.data === undefined ? [] : [older.data])].map((one) => one.version)}
      artifact={artifact?.name}
      version={version?.version}
      environment={environment}
      choices={choices}
      target={target}
      onChoose={onChoose}
    />
  );
  if (artifact === undefined || environment === undefined)
    return <Waiting card={card} words={missing ?? "Choose what is deployed and where: the form follows."} />;
  if (versions.error !== null && versions.data === undefined) return <Answered query={versions}>{() => null}</Answered>;
  if (
    places.data === undefined ||
    versions.data === undefined ||
    won.isLoading ||
    templates.isLoading ||
    older.isLoading
  )
    return <Waiting card={card} />;
  if (version === undefined)
    return (
      <Waiting
        card={card}
        words={
          selection.version === undefined
            ? `${artifact.name} has no version yet.`
            : `${artifact.name} has no version ${selection.version}.`
        }
      />
    );
  const template = templates.data?.items.find((one) => one.name === (version.spec.template ?? artifact.name));
  return (
    <Workbench
      key={[artifact.name, environment.name, target?.id ?? "new", search.from ?? ""].join(" ")}
      project={project}
      artifact={artifact}
      version={version}
      environment={environment}
      target={target}
      base={won.data?.config ?? target?.config}
      name={freeName(artifact.name, choices)}
      path={freePath(artifact.name, environment.name, places.data)}
      parameters={schemaOf(version, template?.parameters)}
      example={search.template === undefined ? undefined : template?.example}
    >
      {card}
    </Workbench>
  );
}

function Waiting({ card, words }: { card: ReactNode; words?: string }) {
  return (
    <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      {card}
      {words === undefined ? <Loading rows={10} /> : <Empty title={words} />}
    </div>
  );
}
