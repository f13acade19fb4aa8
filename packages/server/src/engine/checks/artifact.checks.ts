import { cannotBeTakenBack, digestOf, runnable } from "@sluice/core";
import type { Check } from "../checks.ts";
import { fail, pass } from "./finding.ts";

/** Whether what is to be delivered is there, and still what was registered. */
export const artifactChecks: readonly Check[] = [
  {
    name: "artifact",
    type: "artifact",
    severity: "critical",
    async run({ db, candidate: { versionId, version, kind } }) {
      const row = await db
        .selectFrom("versions")
        .innerJoin("artifacts", "artifacts.id", "versions.artifact_id")
        .select(["artifacts.name", "artifacts.kind", "versions.digest", "versions.spec"])
        .where("versions.id", "=", versionId)
        .executeTakeFirst();
      if (row === undefined) return fail(`version ${version} does not exist any more; register it again`);
      const { name, digest, spec } = row;
      if (row.kind !== kind) return fail(`artifact ${name} is of kind ${row.kind}, its deployment of kind ${kind}`);
      const content = digestOf(spec);
      return content === digest
        ? pass(`version ${version} of ${kind} ${name} is there, and its content has the digest it was registered with`)
        : fail(
            `version ${version} of ${name} was registered with the content ${digest} and has ${content} now: somebody changed the database; register the content as another version`,
          );
    },
  },
  {
    name: "migrations",
    type: "artifact",
    severity: "low",
    async run({ candidate: { spec, version } }) {
      const { migrations } = spec;
      if (migrations === undefined || migrations.up.length === 0) return null;
      return !cannotBeTakenBack(migrations)
        ? pass(`version ${version} declares how its ${migrations.up.length} migrations are taken back`)
        : fail(
            `version ${version} declares ${migrations.up.length} migrations up and none down, so its rollout cannot go back once it has begun; declare migrations.down to change that`,
          );
    },
  },
  {
    name: "migration_commands",
    type: "artifact",
    severity: "critical",
    async run({
      candidate: {
        spec,
        target: { type: target },
      },
    }) {
      const commands = runnable(spec.migrations?.up ?? []);
      if (commands.length === 0) return null;
      return target === "process"
        ? pass(`${commands.length} migrations are run on this machine before the version starts`)
        : fail(`commands of migrations run on target process in this version; the environment has ${target}`);
    },
  },
];
