import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ArtifactKind,
  configSchema,
  digestOf,
  environmentSchema,
  strategySchema,
  targetOf,
  type ValidationResult,
  VERSION_SPECS,
  type VersionSpec,
} from "@sluice/core";
import type { TestDatabase } from "../../../testing/database.ts";
import { type Candidate, type CheckEnvironment, check } from "../../checks.ts";

/** A folder with a program and candidates that run it; everything is well unless a test changes it. */
export interface CandidateFixture {
  readonly folder: string;
  /** Where relative working folders are looked for; `app` in it is one. */
  readonly root: string;
  run(change?: Partial<Candidate>, surroundings?: Partial<CheckEnvironment>): Promise<ValidationResult[]>;
  /** What failed, as `name (severity): message`. */
  failures(change?: Partial<Candidate>, surroundings?: Partial<CheckEnvironment>): Promise<string[]>;
  close(): Promise<void>;
}

export const SPEC = VERSION_SPECS.application.parse({ command: ["serve"], workdir: "app" });

/** Part of a change: an application of this content. */
export const spec = (input: object): Pick<Candidate, "spec"> => ({ spec: VERSION_SPECS.application.parse(input) });
export const config = (input: object): Pick<Candidate, "config"> => ({ config: configSchema.parse(input) });
export const environment = (input: object): Pick<Candidate, "environment"> => ({
  environment: environmentSchema.parse(input),
});

export async function candidateFixture({ db }: TestDatabase): Promise<CandidateFixture> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-checks-"));
  const root = join(folder, "root");
  await mkdir(join(root, "app"), { recursive: true });
  await mkdir(join(folder, "bin"));
  await writeFile(join(folder, "bin", "serve"), "#!/bin/sh\n");
  await chmod(join(folder, "bin", "serve"), 0o755);
  await writeFile(join(root, "app", "notes.txt"), "not a program");
  let registered = 0;

  /** Puts the candidate's version where versions are; answers its id. */
  async function register(kind: ArtifactKind, content: VersionSpec): Promise<string> {
    registered += 1;
    const name = `thing-${folder.slice(-6).toLowerCase()}-${registered}`;
    await db
      .insertInto("artifacts")
      .values({ id: `art_${name}`, project: "default", name, kind })
      .execute();
    const row = { id: `ver_${name}`, artifact_id: `art_${name}`, version: "1.0.0", digest: digestOf(content) };
    await db
      .insertInto("versions")
      .values({ ...row, spec: JSON.stringify(content), source: JSON.stringify(null), created_by: "test" })
      .execute();
    return row.id;
  }

  const run: CandidateFixture["run"] = async (change = {}, surroundings = {}) => {
    const candidate: Candidate = {
      project: "default",
      deployment: null,
      kind: "application",
      versionId: "",
      version: "1.0.0",
      spec: SPEC,
      config: configSchema.parse({}),
      strategy: strategySchema.parse({ type: "canary" }),
      environment: environmentSchema.parse({}),
      target: targetOf(change.environment ?? environmentSchema.parse({})),
      environmentName: "development",
      artifact: "greeter",
      route: null,
      ...change,
    };
    const versionId = change.versionId ?? (await register(candidate.kind, candidate.spec));
    const here = { root, programPath: join(folder, "bin"), targets: new Set(["process"]), ...surroundings };
    return check({ db, candidate: { ...candidate, versionId }, ...here }, Date.now);
  };

  return {
    folder,
    root,
    run,
    async failures(change, surroundings) {
      const failed = (await run(change, surroundings)).filter((result) => !result.passed);
      return failed.map(({ name, severity, message }) => `${name} (${severity}): ${message}`);
    },
    close: () => rm(folder, { recursive: true }),
  };
}
