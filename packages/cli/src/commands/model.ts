import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Model, type ModelDeployment, type ModelVersion, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, integerArgument, integerOption, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { blobOf } from "../file.blob.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { type Column, renderFields } from "../output/table.ts";
import { addBatchCommands } from "./model.batch.ts";

const LARGEST = Number.MAX_SAFE_INTEGER;
export const numberOf = (name: string, text: string | undefined): number => integerArgument(name, text, 1, LARGEST);

const modelColumns: Column<Model>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name },
  { title: "description", value: ({ description }) => description || null },
  { title: "created", value: ({ created_at }) => created_at },
];

const deploymentColumns: Column<Omit<ModelDeployment, "status" | "deployment" | "environment" | "ready_replicas">>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "version", value: ({ version_id }) => version_id },
  { title: "name", value: ({ k8s_service_name }) => k8s_service_name },
  { title: "replicas", value: ({ replicas }) => replicas },
  { title: "url", value: ({ url }) => url },
];

const renderVersion = (version: ModelVersion): string =>
  renderFields({
    id: version.id,
    model: version.model,
    version: version.version,
    status: version.status,
    reason: version.reason,
    runtime: version.runtime,
    path: version.s3_path,
    files: version.files.map(({ name, bytes }) => `${name} (${bytes} bytes)`).join(", "),
  });

export function addModelCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "model", "Models by number: files, versions, deployments, predictions.");
  addCommand<{ description?: string }>(cli, group, {
    syntax: "create <name>",
    description: "Register a model.",
    examples: ['sluice model create iris --description "Tells flowers apart"'],
    options: [option("--description <text>", "what it is for")],
    run: async ({ client, scope, print }, { description = "" }, name) => {
      const model = await ok(
        client.http.POST("/api/v1/models", { body: { ...scope, name: required(name), description } }),
      );
      print(model, () => renderFields({ id: model.id, name: model.name, description: model.description }));
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List models.",
    examples: ["sluice model list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, modelColumns, (query) =>
        ok(session.client.http.GET("/api/v1/models", { params: { query } })),
      ),
  });
  addCommand<{ version?: string }>(cli, group, {
    syntax: "version <model>",
    description: "Register a version of a model; it waits for its files.",
    examples: ["sluice model version 1", "sluice model version 1 --version 2024-06"],
    options: [option("--version <name>", "its name (default: the next number)")],
    run: async ({ client, print }, { version }, model) => {
      const params = { path: { id: numberOf("model", model) } };
      const body = version === undefined ? {} : { version };
      const made = await ok(client.http.POST("/api/v1/models/{id}/versions", { params, body }));
      print(made, () => renderVersion(made));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "upload <version> <files...>",
    description:
      "Upload the files of a version, each with its checksum; with a model among them it is READY. After a broken " +
      "connection it goes on where it was, and so does the same command again.",
    examples: ["sluice model upload 1 model.joblib requirements.txt", "sluice model upload 2 model.onnx"],
    run: async ({ client, print, note }, _flags, version, ...files) => {
      const id = numberOf("version", version);
      // All of them are looked at before the first one is sent.
      const contents = await Promise.all(
        files.map(async (file) => [required(file), await blobOf(required(file))] as const),
      );
      for (const [index, [file, content]] of contents.entries()) {
        const name = basename(file);
        note(`Uploading ${name} (${content.size} bytes)`);
        const more = index < contents.length - 1;
        let received = 0;
        await client.sendModelFile(
          { version: id, name, content, sha256: await sha256Of(file), more },
          {
            onProgress: (bytes) => {
              received = bytes;
            },
            onBreak: ({ message }) => note(`${message}; going on from byte ${received} of ${name}`),
          },
        );
      }
      const kept = await ok(client.http.GET("/api/v1/versions/{id}", { params: { path: { id } } }));
      print(kept, () => renderVersion(kept));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "get <version>",
    description: "Show a version: its state and its files.",
    examples: ["sluice model get 1"],
    run: async ({ client, print }, _flags, version) => {
      const params = { path: { id: numberOf("version", version) } };
      const found = await ok(client.http.GET("/api/v1/versions/{id}", { params }));
      print(found, () => renderVersion(found));
      return undefined;
    },
  });
  addCommand<{ replicas?: number; environment?: string }>(cli, group, {
    syntax: "deploy <version>",
    description: "Deploy a version that is READY, and wait until it serves; what fails leaves nothing behind.",
    examples: ["sluice model deploy 1", "sluice model deploy 1 --replicas 2 --environment staging"],
    options: [
      integerOption("--replicas <number>", "instances (default 1)", 1, 1_000),
      option("--environment <name>", "where (default production)"),
    ],
    run: async ({ client, print, note }, { replicas = 1, environment }, version) => {
      note(`Deploying version ${version}; this waits until it serves`);
      const params = { path: { version_id: numberOf("version", version) } };
      const body = { replicas, ...(environment !== undefined && { environment }) };
      const made = await ok(client.http.POST("/api/v1/versions/{version_id}/deployments", { params, body }));
      print(made, () =>
        renderFields({ id: made.id, name: made.k8s_service_name, replicas: made.replicas, url: made.url }),
      );
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "deployments",
    description: "List deployments of models.",
    examples: ["sluice model deployments"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, deploymentColumns, (query) =>
        ok(session.client.http.GET("/api/v1/deployments", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "status <deployment>",
    description: "Show a deployment of a model.",
    examples: ["sluice model status 1"],
    run: async ({ client, print }, _flags, deployment) => {
      const params = { path: { id: numberOf("deployment", deployment) } };
      const found = await ok(client.http.GET("/api/v1/deployments/{id}", { params }));
      print(found, () =>
        renderFields({
          id: found.id,
          status: found.status,
          replicas: `${found.ready_replicas}/${found.replicas}`,
          version: found.version_id,
          environment: found.environment,
          deployment: found.deployment,
          url: found.url,
        }),
      );
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "predict <deployment> <instances>",
    description: "Ask a deployed model, through the gateway.",
    examples: ["sluice model predict 1 '[[5.1, 3.5, 1.4, 0.2]]'"],
    run: async ({ client, print }, _flags, deployment, text) => {
      const instances = instancesOf(required(text));
      const params = { path: { id: numberOf("deployment", deployment) } };
      const { url } = await ok(client.http.GET("/api/v1/deployments/{id}", { params }));
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${url}/predict`, { method: "POST", headers, body: JSON.stringify({ instances }) });
      const said = await answer.text();
      if (!answer.ok) throw new CliError(EXIT.failed, `the model answered ${answer.status}: ${said}`);
      print(JSON.parse(said), () => said);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "delete <deployment>",
    description: "Delete a deployment of a model: its record at once, its instances after that.",
    examples: ["sluice model delete 1"],
    run: async ({ client, print, note }, _flags, deployment) => {
      const params = { path: { id: numberOf("deployment", deployment) } };
      const gone = await ok(client.http.DELETE("/api/v1/deployments/{id}", { params }));
      if (gone.warning !== null) note(`warning: ${gone.warning}`);
      print(gone, () => `deployment ${gone.id} is deleted`);
      return undefined;
    },
  });
  addBatchCommands(cli, group);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

function instancesOf(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Told below, as for any other text that is no list.
  }
  throw new CliError(EXIT.usage, `<instances> is ${text}; expected a JSON list with one entry for each prediction`);
}
