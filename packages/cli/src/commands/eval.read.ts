import { type Evaluation, ok } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addCommand, type Cli, integerOption, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import { age } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";

interface Of {
  artifact?: string;
  version?: string;
  dataset?: string;
}

interface RecordFlags extends Of {
  metric?: Record<string, number>;
  samples?: number;
  source?: string;
  file?: string;
}

const columns = (now: number): Column<Evaluation>[] => [
  { title: "id", value: ({ id }) => id },
  { title: "artifact", value: ({ artifact }) => artifact },
  { title: "version", value: ({ version }) => version },
  { title: "dataset", value: ({ dataset }) => dataset },
  { title: "metrics", value: ({ metrics }) => metricsText(metrics) },
  { title: "samples", value: ({ sampleCount }) => sampleCount },
  { title: "source", value: ({ source }) => source },
  { title: "age", value: ({ finishedAt }) => age(finishedAt, now) },
];

const metricsText = (metrics: Readonly<Record<string, number>>): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

const render = (evaluation: Evaluation, now: number): string =>
  renderFields({
    id: evaluation.id,
    artifact: `${evaluation.artifact} ${evaluation.version}`,
    dataset: evaluation.dataset,
    samples: evaluation.sampleCount,
    source: evaluation.source,
    finished: `${age(evaluation.finishedAt, now)} ago`,
    "recorded by": evaluation.recordedBy,
    ...Object.fromEntries(Object.entries(evaluation.metrics).map(([name, value]) => [`  ${name}`, String(value)])),
  });

const ofOptions = () => [
  option("--artifact <name>", "artifact that was evaluated"),
  option("--version <version>", "its version"),
  option("--dataset <name>", "what it was evaluated on"),
];

const metricOption = (): Option =>
  new Option("--metric <name=number>", "a figure; may be repeated").argParser(
    (text, previous: Record<string, number> | undefined) => {
      const border = text.lastIndexOf("=");
      const value = Number(text.slice(border + 1));
      if (border < 1 || text.slice(border + 1).trim() === "" || !Number.isFinite(value)) {
        throw new InvalidArgumentError("Expected NAME=NUMBER, such as accuracy=0.93.");
      }
      return { ...previous, [text.slice(0, border)]: value };
    },
  );

/** Reading evaluations, and recording one that was made elsewhere. */
export function addEvaluationCommands(cli: Cli, group: Command): void {
  addCommand<ListFlags & Of>(cli, group, {
    syntax: "list",
    description: "List evaluations, newest first.",
    examples: ["sluice eval list", "sluice eval list --artifact greeter --version 1.1.0 --dataset smoke"],
    options: [...ofOptions(), limitOption()],
    run: (session, { artifact, version, dataset, ...flags }) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(
          session.client.http.GET("/v1/evaluations", {
            params: {
              query: {
                ...query,
                ...(artifact && { artifact }),
                ...(version && { version }),
                ...(dataset && { dataset }),
              },
            },
          }),
        ),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <id>",
    description: "Show one evaluation.",
    examples: ["sluice eval get eva_0199c0ffee"],
    run: async ({ io, client, print }, _flags, id) => {
      const params = { path: { id: required(id) } };
      const evaluation = await ok(client.http.GET("/v1/evaluations/{id}", { params }));
      print(evaluation, () => render(evaluation, io.now()));
      return undefined;
    },
  });
  addCommand<RecordFlags>(cli, group, {
    syntax: "record",
    description: "Record how good a version is on a dataset; gates that wait for it look again.",
    examples: [
      "sluice eval record --artifact greeter --version 1.1.0 --dataset smoke --metric accuracy=0.93 --metric p95Ms=640 --samples 200",
      "sluice eval record -f evaluation.json",
    ],
    options: [
      ...ofOptions(),
      metricOption(),
      integerOption("--samples <number>", "how many samples the figures are of", 1, 1_000_000_000),
      option("--source <name>", "who measured (default cli)"),
      option("-f, --file <path>", "YAML or JSON with the fields; flags win; - for standard input"),
    ],
    run: record,
  });
}

async function record(session: Session, flags: RecordFlags): Promise<undefined> {
  const { io, client, scope, print } = session;
  const { artifact, version, dataset, metric, samples, source, file } = flags;
  const given = { artifact, version, dataset, metrics: metric, sampleCount: samples, source };
  const written: Record<string, unknown> = file === undefined ? { source: "cli" } : await readDocument(file, io);
  const body = { ...scope, ...written, ...toBody<Record<string, unknown>>(given) };
  const flagOf = {
    artifact: "--artifact",
    version: "--version",
    dataset: "--dataset",
    metrics: "--metric",
    sampleCount: "--samples",
  };
  const missing = Object.entries(flagOf).flatMap(([field, flag]) => (field in body ? [] : [flag]));
  if (file === undefined && missing.length > 0) {
    throw new CliError(EXIT.usage, `an evaluation needs ${missing.join(", ")} (or all of it by --file)`);
  }
  const evaluation = await ok(client.http.POST("/v1/evaluations", { body: toBody(body) }));
  print(evaluation, () => render(evaluation, io.now()));
}
