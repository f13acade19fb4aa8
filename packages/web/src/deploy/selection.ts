import type { Deployment, Rollout } from "@sluice/client";
import { present } from "../app/search.ts";
import type { DeploySearch } from "./search.ts";

/** What is to be deployed where, as far as it is said. */
export interface Selection {
  artifact: string | undefined;
  /** Left out: the newest. */
  version: string | undefined;
  environment: string | undefined;
}

interface Known {
  search: DeploySearch;
  /** Of `from`. */
  rollout: Pick<Rollout, "artifact" | "toVersion"> | undefined;
  /** Of `deployment`. */
  deployment: Pick<Deployment, "artifact" | "environment"> | undefined;
}

/** The address says it, else the rollout or the deployment that it names does. A rollout leaves open where to. */
export const selectionOf = ({ search, rollout, deployment }: Known): Selection => ({
  artifact: search.artifact ?? search.template ?? rollout?.artifact ?? deployment?.artifact,
  version: search.version ?? rollout?.toVersion,
  environment: search.environment ?? deployment?.environment,
});

/** What is said and not there, in words; null: nothing. */
export function missingOf(
  { artifact, environment }: Selection,
  found: { artifact: unknown; environment: unknown },
): string | null {
  if (artifact !== undefined && found.artifact === undefined) return `This project has no artifact ${artifact}`;
  if (environment !== undefined && found.environment === undefined)
    return `This project has no environment ${environment}`;
  return null;
}

/** The address after a choice. Another artifact has other versions and deployments, another place has other deployments. */
export function chosenNext(search: DeploySearch, selection: Selection, part: Partial<DeploySearch>): DeploySearch {
  if (part.artifact !== undefined) return present({ artifact: part.artifact, environment: selection.environment });
  const { deployment, ...rest } = { ...search, ...selection };
  return present({ ...rest, ...(part.environment === undefined && { deployment }), ...part });
}

type Place = Pick<Deployment, "id" | "name" | "environment" | "partOf">;

/** Deployments of the artifact that can be changed in the environment. Those at single targets are changed as a whole. */
export const changeable = <P extends Place>(places: readonly P[], environment: string): P[] =>
  places.filter((place) => place.environment === environment && place.partOf === null);

/** The deployment that is changed; null: a new one is made. What is there already is changed, unless the address says otherwise. */
export function targetIn<P extends Place>(choices: readonly P[], wanted: string | undefined): P | null {
  if (wanted === "new") return null;
  return choices.find(({ id, name }) => id === wanted || name === wanted) ?? choices[0] ?? null;
}

/** A name for a new deployment: the artifact's, where nothing is called so yet. */
export const freeName = (artifact: string, choices: readonly Pick<Place, "name">[]): string =>
  choices.some(({ name }) => name === artifact) ? "" : artifact;

/** A path at the gateway that no deployment of the artifact has, wherever; the server knows of the others. */
export const freePath = (name: string, environment: string, places: readonly Pick<Deployment, "route">[]): string =>
  [`/${name}`, `/${environment}/${name}`].find((path) => !places.some(({ route }) => route?.path === path)) ?? "";
