import { yamlOf } from "../format/yaml.ts";
import { lean } from "./draft.ts";
import type { Config, Kind, StrategyInput } from "./types.ts";

/** A deployment as `sluice apply` reads it. */
export interface ManifestOf {
  project: string;
  name: string;
  artifact: string;
  version: string;
  environment: string;
  config: Config;
  route: object | null | undefined;
  strategy: StrategyInput | undefined;
  labels: Readonly<Record<string, string>>;
  /** Set where the artifact is not registered yet: the text registers it on the way. */
  template?: { artifactKind: Kind; spec: Readonly<Record<string, unknown>> } | undefined;
}

/**
 * The text of a `sluice.yaml` that comes to the same as the form. The configuration is whole, for `apply` takes what is not in
 * it as its default.
 */
export function manifestText(wanted: ManifestOf): string {
  const { project, name, artifact, version, environment, config, route, strategy, labels, template } = wanted;
  const where = project === "default" ? {} : { project };
  const lines = lean(config);
  const documents = [
    ...(template === undefined
      ? []
      : [
          { kind: "Artifact", ...where, name: artifact, artifactKind: template.artifactKind },
          { kind: "Version", ...where, artifact, version, spec: template.spec },
        ]),
    {
      kind: "Deployment",
      ...where,
      name,
      artifact,
      version,
      environment,
      ...(Object.keys(lines).length > 0 && { config: lines }),
      ...(route != null && { route }),
      ...(strategy !== undefined && { strategy }),
      ...(Object.keys(labels).length > 0 && { labels }),
    },
  ];
  return documents.map(yamlOf).join("---\n");
}
