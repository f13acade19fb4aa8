import { readFile, stat } from "node:fs/promises";
import { ok } from "@sluice/client";
import { readPromptfoo, SluiceError } from "@sluice/core";
import { toBody } from "@sluice/manifest";
import type { Command } from "commander";
import { addCommand, type Cli, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";
import { evaluatedOptions } from "./eval.options.ts";

interface ImportFlags {
  artifact: string;
  version: string;
  dataset?: string;
  provider?: string;
  prompt?: string;
}

/** Bytes of a results file; it is read whole. */
const MAX_FILE = 536_870_912;

export function addEvalImport(cli: Cli, group: Command): void {
  addCommand<ImportFlags>(cli, group, {
    syntax: "import <results>",
    description: "Record the evaluation that promptfoo wrote (promptfoo eval --output results.json).",
    examples: [
      "sluice eval import results.json --artifact bot --version 2 --dataset geography",
      "sluice eval import results.json --artifact bot --version 2 --provider openai:gpt-4.1-mini --prompt 0",
    ],
    options: [
      ...evaluatedOptions(),
      option("--provider <id>", "which provider's results, when the file compares several"),
      option("--prompt <label>", "which prompt's results, by label or place from 0, when the file compares several"),
    ],
    run: (session, flags, file) => importResults(session, flags, required(file)),
  });
}

async function importResults({ client, scope, print }: Session, flags: ImportFlags, file: string): Promise<undefined> {
  const { artifact, version, dataset, provider, prompt } = flags;
  const document = await readJson(file);
  const evaluation = inFile(file, () => readPromptfoo(document, { artifact, version, dataset, provider, prompt }));
  const recorded = await ok(client.http.POST("/v1/evaluations", { body: toBody({ ...scope, ...evaluation }) }));
  print(recorded, () =>
    renderFields({
      evaluation: recorded.id,
      artifact: `${recorded.artifact} ${recorded.version}`,
      dataset: recorded.dataset,
      samples: recorded.sampleCount,
      ...Object.fromEntries(Object.entries(recorded.metrics).map(([name, value]) => [`  ${name}`, String(value)])),
    }),
  );
}

async function readJson(file: string): Promise<unknown> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new CliError(EXIT.usage, `${file} is not a file that can be read`);
  if (found.size > MAX_FILE) {
    throw new CliError(EXIT.usage, `${file} has ${found.size} bytes; allowed: at most ${MAX_FILE}`);
  }
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CliError(
      EXIT.usage,
      `${file} is not JSON (${error.message}); allowed: what promptfoo eval --output writes`,
    );
  }
}

function inFile<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new CliError(
      EXIT.usage,
      [
        `${file}: ${error.message}`,
        ...error.violations.slice(1, 10).map(({ field, allowed }) => `  ${field}; allowed: ${allowed}`),
      ].join("\n"),
    );
  }
}
