import {
  type ArtifactKind,
  type DeploymentConfig,
  type Program,
  SluiceError,
  type Target,
  type VersionSpec,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { Database } from "../db/schema.ts";
import { createSealer, sealingKey } from "../secret/seal.ts";
import { secretValues } from "../secret/secret.values.ts";
import { createAgentMaking } from "./agent/agent.making.ts";
import { createModelMake } from "./model/making/model.make.ts";
import { createPipelineMake } from "./pipeline/pipeline.make.ts";

/** One revision that is to have instances. */
export interface Made {
  deployment: string;
  project: string;
  environment: string;
  name: string;
  revision: number;
  version: string;
  spec: VersionSpec;
  config: DeploymentConfig;
  /** Where it is to run: on a machine a version becomes a command, in a cluster it may become something else. */
  target: Target;
}

/**
 * How a version becomes a program. Idempotent, and the same answer for the same revision: it is asked again whenever a server
 * starts. Null: not yet, it is being made ready (files are on their way); whoever makes it calls `changed` when it is done.
 * Throws `SluiceError` for what can never run.
 */
export type Make = (revision: Made) => Promise<Program | null>;

export type Making = Readonly<Record<Exclude<ArtifactKind, "prompt">, Make>>;

export interface MakingDeps {
  db: Kysely<Database>;
  config: Config;
  logger: Logger;
  /** The deployment is to be looked at again; a hint, and cheap. */
  changed: (deployment: string) => void;
}

/** Versions of applications and agents are programs as they were registered. */
export const asRegistered: Make = async ({ spec, name }) => {
  if ("env" in spec) return spec;
  throw new SluiceError("failed_precondition", `the version of ${name} holds no program`);
};

/** For servers that run nothing but programs. */
export const programsOnly: Making = {
  application: asRegistered,
  agent: asRegistered,
  model: asRegistered,
  pipeline: asRegistered,
};

/** How each kind's versions become programs on this server. */
export const createMaking = (deps: MakingDeps): Making =>
  withSecrets(deps, {
    ...programsOnly,
    pipeline: createPipelineMake(deps),
    agent: createAgentMaking(deps, asRegistered),
    model: createModelMake(deps, asRegistered),
  });

/** Programs get their secrets as variables of their own, beside those of their version. */
function withSecrets({ db, config }: MakingDeps, making: Making): Making {
  const added =
    (make: Make): Make =>
    async (revision) => {
      const program = await make(revision);
      if (program === null || revision.config.secrets === undefined) return program;
      const sealer = createSealer(await sealingKey(config));
      const values = await secretValues(db, sealer, revision.project, revision.config.secrets);
      return { ...program, secrets: { ...program.secrets, ...values } };
    };
  return {
    application: added(making.application),
    agent: added(making.agent),
    model: added(making.model),
    pipeline: added(making.pipeline),
  };
}
