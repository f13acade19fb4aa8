import { ARTIFACT_KINDS, jsonSchema, labelsSchema, nameSchema, sourceSchema } from "@sluice/core";
import { z } from "zod";

/** Versions are labels and path segments; semantic ones are usual, not required. */
const versionName = z
  .string()
  .regex(
    /^[A-Za-z0-9][-A-Za-z0-9._+]{0,127}$/,
    "1 to 128 of letters, digits, '.', '_', '+' and '-', not beginning with a sign",
  );

export const inProject = {
  project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }),
};

export const artifactParams = z.strictObject({ name: nameSchema });
export const versionParams = z.strictObject({ name: nameSchema, version: versionName });
export const diffParams = z.strictObject({ name: nameSchema, from: versionName, to: versionName });

export const artifactBody = z
  .strictObject({ ...inProject, name: nameSchema, kind: z.enum(ARTIFACT_KINDS), labels: labelsSchema })
  .meta({ examples: [{ name: "greeter", kind: "application", labels: { team: "search" } }] });

const versionExample = {
  version: "1.0.0",
  spec: { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { MODE: "good" } },
  source: { repository: "https://git.example/greeter", commit: "4b825dc", tag: "v1.0.0" },
};

export const versionBody = z
  .strictObject({
    version: versionName,
    spec: z.record(z.string(), jsonSchema).meta({
      description:
        "By the artifact's kind: `command` or `image`, `workdir`, `env` (application, agent); `files`, `runtime` (model); " +
        "`template`, `parameters` (pipeline); `text` or `messages`, `model`, `parameters` (prompt). " +
        "Also `components`, `migrations`, `sbom`.",
    }),
    source: sourceSchema.nullable().default(null),
  })
  .meta({ examples: [versionExample] });

export const artifactView = z
  .object({
    id: z.string(),
    project: z.string(),
    name: z.string(),
    kind: z.enum(ARTIFACT_KINDS),
    labels: z.record(z.string(), z.string()),
    createdAt: z.iso.datetime(),
    latestVersion: z.string().nullable().meta({ description: "Registered last; null: it has none yet" }),
  })
  .meta({ id: "Artifact" });

export const versionView = z
  .object({
    id: z.string(),
    artifact: z.string(),
    version: z.string(),
    digest: z.string().meta({ description: "`sha256:` of the spec's canonical JSON (RFC 8785)" }),
    spec: z.record(z.string(), z.unknown()),
    source: z.record(z.string(), z.unknown()).nullable(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
  })
  .meta({
    id: "Version",
    examples: [
      {
        id: "ver_0199",
        artifact: "greeter",
        digest: "sha256:4413",
        ...versionExample,
        createdAt: "2026-11-21T10:00:00.000Z",
        createdBy: "ci",
      },
    ],
  });

export const changeView = z
  .object({
    path: z.string().meta({ description: "JSON Pointer (RFC 6901)", examples: ["/env/MODE"] }),
    change: z.enum(["added", "removed", "changed"]),
    from: z.unknown().optional(),
    to: z.unknown().optional(),
  })
  .meta({ id: "Change" });
