import { present, textIn } from "../app/search.ts";

/** What the form begins with. */
export interface DeploySearch {
  artifact?: string;
  version?: string;
  environment?: string;
  /** Id of the deployment that is changed; `new`: another one beside it. */
  deployment?: string;
  /** Id of a rollout whose winning revision is brought to another environment. */
  from?: string;
  /** A template of the catalogue of pipelines. */
  template?: string;
}

export const deploySearch = (raw: Record<string, unknown>): DeploySearch =>
  present({
    artifact: textIn(raw.artifact),
    version: textIn(raw.version),
    environment: textIn(raw.environment),
    deployment: textIn(raw.deployment),
    from: textIn(raw.from),
    template: textIn(raw.template),
  });
