import { type DeploymentConfig, pinned, type SecretReferences, SluiceError } from "@sluice/core";
import type { Db } from "../db/database.ts";
import type { Sealer } from "./seal.ts";
import { findSecret, sealedValue } from "./secret.store.ts";

/** What a sealed value is of. */
export const about = (project: string, name: string, version: number): string =>
  `secret ${name} version ${version} of project ${project}`;

/** The configuration with every secret it names bound to one value. Throws `not_found` for what does not exist. */
export async function pinSecrets(db: Db, project: string, config: DeploymentConfig): Promise<DeploymentConfig> {
  if (config.secrets === undefined) return config;
  const newest = new Map<string, number>();
  for (const [variable, reference] of Object.entries(config.secrets)) {
    const { name, version } = typeof reference === "string" ? { name: reference, version: null } : reference;
    const found = await findSecret(db, project, name);
    const known =
      version === null ? found !== undefined : (await sealedValue(db, project, name, version)) !== undefined;
    if (found === undefined || !known) throw missing(project, variable, name, version, found?.version);
    newest.set(name, found.version);
  }
  return { ...config, secrets: pinned(config.secrets, (name) => newest.get(name) ?? 1) };
}

function missing(project: string, variable: string, name: string, version: number | null, newest: number | undefined) {
  const what = newest === undefined ? `secret ${name}` : `version ${version} of secret ${name}`;
  const allowed =
    newest === undefined ? "a secret of the project, as `sluice secret list` shows them" : `1 to ${newest}`;
  return new SluiceError("not_found", `${what} does not exist in project ${project}`, {
    violations: [{ field: `config.secrets.${variable}`, found: version ?? name, allowed }],
  });
}

/** Variables with their values. Throws `failed_precondition` where a value is gone, or sealed with another key. */
export async function secretValues(
  db: Db,
  sealer: Sealer,
  project: string,
  references: SecretReferences | undefined,
): Promise<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const [variable, { name, version }] of Object.entries(pinned(references ?? {}, () => 1))) {
    const sealed = await sealedValue(db, project, name, version);
    if (sealed === undefined) {
      throw new SluiceError("failed_precondition", `${about(project, name, version)} does not exist any more`);
    }
    values[variable] = sealer.open(sealed, about(project, name, version));
  }
  return values;
}
