import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import { ok } from "@sluice/client";
import { datasetReader, datasetSchema, type EvaluationSummary, parseField } from "@sluice/core";
import type { Command } from "commander";
import { addCommand, type Cli, required } from "../command.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { LineKeys } from "../evaluation/line.keys.ts";
import type { Run } from "../evaluation/outcome.ts";
import { showProgress } from "../evaluation/progress.ts";
import { beginResults, type Results, resumeResults, summarise } from "../evaluation/results.ts";
import { createScorer } from "../evaluation/scoring.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { percent } from "../output/quantity.ts";
import { renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";
import { defaultScorer, type RunFlags, runOptions, targetOf } from "./eval.options.ts";

export function addEvalRun(cli: Cli, group: Command): void {
  addCommand<RunFlags>(cli, group, {
    syntax: "run <dataset>",
    description: "Put each line of a dataset to a candidate or a model, score the answers, and record the evaluation.",
    examples: [
      "sluice eval run smoke.ndjson --artifact greeter --version 1.1.0 --target http://127.0.0.1:30080/greeter/ask",
      "sluice eval run smoke.ndjson --artifact bot --version 2 --openai https://api.openai.com/v1 --model gpt-4.1-mini --api-key-env OPENAI_API_KEY",
      "sluice eval run smoke.ndjson --artifact bot --version 2 --openai http://127.0.0.1:11434/v1 --model llama3 --resume smoke.results.ndjson",
    ],
    options: runOptions(),
    run: (session, flags, file) => runEvaluation(session, flags, required(file)),
  });
}

async function runEvaluation(session: Session, flags: RunFlags, file: string): Promise<ExitCode> {
  const { io } = session;
  const size = await sizeOf(file);
  const dataset = parseField(datasetSchema, flags.dataset ?? datasetName(file), "--dataset");
  const { target, redact } = await targetOf(flags, io.environment);
  const scorer = defaultScorer(flags);
  const run: Run = {
    dataset,
    artifact: flags.artifact,
    version: flags.version,
    target: target.name,
    scorer: JSON.stringify(scorer),
  };
  if (flags.record) await requireVersion(session, flags);
  const results = await openResults(flags, file, run);
  const startedAt = new Date(io.now()).toISOString();
  const interrupted = io.interrupted();
  const progress = showProgress(session, size);
  let lines: LineKeys;
  try {
    lines = await evaluate({
      file,
      read: datasetReader(file, scorer),
      target,
      score: createScorer(),
      results,
      concurrency: flags.concurrency,
      redact,
      signal: interrupted,
      onProgress: progress.update,
    });
  } catch (error) {
    if (!interrupted.aborted) throw error;
    session.note(`interrupted; go on with --resume ${results.file}`);
    return EXIT.interrupted;
  } finally {
    progress.end();
    await results.close();
  }
  const summary = await summarise(results.file, lines);
  checkErrors(summary, flags, file, results);
  await conclude(session, flags, { run, summary, startedAt, results });
  return EXIT.ok;
}

/** Before hours of work, and not after them. */
async function requireVersion({ client, scope }: Session, { artifact, version }: RunFlags): Promise<void> {
  const params = { path: { name: artifact, version }, query: scope };
  await ok(client.http.GET("/v1/artifacts/{name}/versions/{version}", { params }));
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) throw new CliError(EXIT.usage, `${file} is not a file that can be read`);
  return found.size;
}

/** `data/smoke.ndjson` is the dataset `smoke`. */
const datasetName = (file: string): string => basename(file, extname(file));

function openResults({ results, resume }: RunFlags, file: string, run: Run): Promise<Results> {
  if (resume !== undefined && results !== undefined) {
    throw new CliError(EXIT.usage, "--resume names the results file itself; leave out --results");
  }
  return resume !== undefined
    ? resumeResults(resume, run)
    : beginResults(results ?? `${file.slice(0, file.length - extname(file).length)}.results.ndjson`, run);
}

function checkErrors(
  { sampleCount, errors }: EvaluationSummary,
  { maxErrorRate }: RunFlags,
  file: string,
  results: Results,
): void {
  if (sampleCount === 0) throw new CliError(EXIT.usage, `${file} holds no line to evaluate`);
  if (errors / sampleCount <= maxErrorRate) return;
  throw new CliError(
    EXIT.failed,
    `${errors} of ${sampleCount} lines have no score (${percent((100 * errors) / sampleCount)}; allowed by --max-error-rate: ${percent(100 * maxErrorRate)}): nothing was recorded`,
    [`--resume ${results.file}    ask those again; the file says why they failed`],
  );
}

interface Concluded {
  run: Run;
  summary: EvaluationSummary;
  startedAt: string;
  results: Results;
}

async function conclude(
  { io, client, scope, print }: Session,
  { artifact, version, record }: RunFlags,
  { run, summary, startedAt, results }: Concluded,
): Promise<void> {
  const { metrics, sampleCount, errors } = summary;
  const body = {
    ...scope,
    artifact,
    version,
    dataset: run.dataset,
    metrics,
    sampleCount,
    source: "sluice eval run",
    startedAt,
    finishedAt: new Date(io.now()).toISOString(),
    details: { target: run.target, errors },
  };
  const recorded = record ? await ok(client.http.POST("/v1/evaluations", { body })) : null;
  print(recorded ?? body, () =>
    renderFields({
      evaluation: recorded?.id ?? "(not recorded)",
      artifact: `${artifact} ${version}`,
      dataset: run.dataset,
      samples: sampleCount,
      errors,
      results: results.file,
      ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`  ${name}`, String(value)])),
    }),
  );
}
