import { createWriteStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type Batch, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, integerOption, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { blobOf } from "../file.blob.ts";
import { renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";
import { numberOf } from "./model.ts";

const LOOK_EVERY = 500;

const render = (batch: Batch): string =>
  renderFields({
    id: batch.id,
    status: batch.status,
    reason: batch.reason,
    deployment: batch.deployment_id,
    lines: batch.lines,
    failed: batch.failed_lines,
    input: batch.input,
    output: batch.output,
  });

const read = ({ client }: Session, id: number): Promise<Batch> =>
  ok(client.http.GET("/api/v1/batches/{id}", { params: { path: { id } } }));

export function addBatchCommands(cli: Cli, group: Command): void {
  addCommand<{ out?: string; batchSize?: number; concurrency?: number }>(cli, group, {
    syntax: "batch <deployment> <file>",
    description: "Ask a deployed model for every line of a file (.ndjson or .csv), and wait for the results.",
    examples: ["sluice model batch 1 flowers.csv --out predictions.ndjson"],
    options: [
      option("--out <file>", "write the results there, a line for each line of the file"),
      integerOption("--batch-size <number>", "lines of one request to the model (default 32)", 1, 10_000),
      integerOption("--concurrency <number>", "requests at once (default 4)", 1, 64),
    ],
    run: async (session, { out, batchSize, concurrency }, deployment, file) => {
      const { client, print, note, io } = session;
      const path = required(file);
      const content = await blobOf(path);
      const form = new FormData();
      form.append("deployment_id", String(numberOf("deployment", deployment)));
      if (batchSize !== undefined) form.append("batch_size", String(batchSize));
      if (concurrency !== undefined) form.append("concurrency", String(concurrency));
      form.append("file", content, basename(path));
      let batch = (await client.upload("/api/v1/batches", form)) as Batch;
      note(`Batch ${batch.id}: sluice model batch-status ${batch.id}`);
      const picture = io.stderr.isTTY ? io.stderr.picture() : null;
      while (batch.status === "queued" || batch.status === "running") {
        picture?.draw(`${batch.status}: ${batch.lines} lines, ${batch.failed_lines} failed`);
        await sleep(LOOK_EVERY);
        batch = await read(session, batch.id);
      }
      picture?.done();
      if (batch.status !== "completed")
        throw new CliError(EXIT.failed, `batch ${batch.id} is ${batch.status}: ${batch.reason}`);
      if (out !== undefined) await save(session, batch.id, out);
      print(batch, () => render(batch));
      return undefined;
    },
  });
  addCommand<{ out?: string }>(cli, group, {
    syntax: "batch-status <batch>",
    description: "Show a job over a file, and fetch its results once it is completed.",
    examples: ["sluice model batch-status 1", "sluice model batch-status 1 --out predictions.ndjson"],
    options: [option("--out <file>", "write the results there")],
    run: async (session, { out }, id) => {
      const batch = await read(session, numberOf("batch", id));
      if (out !== undefined) await save(session, batch.id, out);
      session.print(batch, () => render(batch));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "batch-cancel <batch>",
    description: "End a job over a file where it is.",
    examples: ["sluice model batch-cancel 1"],
    run: async ({ client, print }, _flags, id) => {
      const params = { path: { id: numberOf("batch", id) } };
      const batch = await ok(client.http.POST("/api/v1/batches/{id}/cancel", { params }));
      print(batch, () => render(batch));
      return undefined;
    },
  });
}

async function save({ client }: Session, id: number, file: string): Promise<void> {
  const params = { path: { id } };
  const { response } = await client.http.GET("/api/v1/batches/{id}/output", { params, parseAs: "stream" });
  if (response.body === null) throw new CliError(EXIT.failed, `batch ${id} has no output`);
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
}
