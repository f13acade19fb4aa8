import type { Deployment } from "@sluice/client";
import { milliseconds } from "../format/number.ts";
import { span } from "../format/time.ts";
import { hasInstances } from "./commands.ts";
import { shownValue } from "./shown-value.ts";

type Config = Deployment["config"];

export interface Section {
  title: string;
  rows: readonly (readonly [name: string, value: string])[];
}

/** Sections that are about programs. */
const OF_INSTANCES: ReadonlySet<string> = new Set(["Resources", "Scaling", "Health check", "Patience"]);

/** The same without what means nothing where no program runs. */
export const sectionsFor = (deployment: Pick<Deployment, "kind" | "config">): Section[] =>
  sectionsOf(deployment.config).filter(({ title }) => hasInstances(deployment) || !OF_INSTANCES.has(title));

/** A configuration as sections that can be read; those that say nothing are left out. Secrets are names, never values. */
export function sectionsOf(config: Config): Section[] {
  const sections: Section[] = [
    { title: "Variables", rows: Object.entries(config.env) },
    { title: "Secrets", rows: Object.entries(config.secrets ?? {}).map(([name, from]) => [name, referenceOf(from)]) },
    { title: "Parameters", rows: entriesOf(config.parameters) },
    { title: "Components", rows: entriesOf(config.components ?? {}) },
    { title: "Resources", rows: resourcesOf(config.resources) },
    { title: "Scaling", rows: scalingOf(config) },
    { title: "Health check", rows: healthOf(config.healthCheck) },
    { title: "Dependencies", rows: (config.dependencies ?? []).map((one, index) => [`${index + 1}`, shownValue(one)]) },
    {
      title: "Patience",
      rows: [
        ["To become ready", span(config.progressDeadlineSeconds * 1_000)],
        ["To end when told to", span(config.stopSeconds * 1_000)],
      ],
    },
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

const entriesOf = (values: Readonly<Record<string, unknown>>): [string, string][] =>
  Object.entries(values).map(([name, value]) => [name, shownValue(value)]);

type Reference = NonNullable<Config["secrets"]>[string];

const referenceOf = (from: Reference): string =>
  typeof from === "string" ? `secret ${from}` : `secret ${from.name}, version ${from.version}`;

const resourcesOf = ({ requests, limits }: Config["resources"]): [string, string][] =>
  (["cpu", "memory", "gpu"] as const).flatMap((name): [string, string][] =>
    requests?.[name] === undefined && limits?.[name] === undefined
      ? []
      : [[name, boundsOf(requests?.[name], limits?.[name])]],
  );

const boundsOf = (wanted: string | undefined, most: string | undefined): string =>
  [wanted === undefined ? [] : [`${wanted} wanted`], most === undefined ? [] : [`at most ${most}`]].flat().join(", ");

function scalingOf({ replicas, scaling }: Config): [string, string][] {
  const wanted: [string, string] = ["Instances", String(replicas)];
  if (scaling === null) return [wanted];
  const { min, max, targetCpu, targetMemory } = scaling;
  return [
    wanted,
    ["By itself", `${min} to ${max}`],
    ...(targetCpu === undefined ? [] : [["Processor aimed at", `${targetCpu} %`] as [string, string]]),
    ...(targetMemory === undefined ? [] : [["Memory aimed at", `${targetMemory} %`] as [string, string]]),
  ];
}

const healthOf = ({ path, intervalSeconds, timeoutSeconds, retries }: Config["healthCheck"]): [string, string][] => [
  ["Asks", path === null ? "whether a connection is accepted" : `GET ${path}`],
  ["Every", milliseconds(intervalSeconds * 1_000)],
  ["Waits", milliseconds(timeoutSeconds * 1_000)],
  ["Fails after", `${retries} times in a row`],
];
