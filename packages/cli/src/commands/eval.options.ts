import { readFile } from "node:fs/promises";
import { DEFAULT_SCORER, type Scorer, scorerSchema } from "@sluice/core";
import { InvalidArgumentError, Option } from "commander";
import { durationOption, integerOption, option, pairOption } from "../command.ts";
import type { Environment } from "../config.ts";
import { openAiTarget } from "../evaluation/openai.target.ts";
import { httpTarget, isObject, type Target } from "../evaluation/target.ts";
import { CliError, EXIT } from "../exit.ts";
import { numberOption } from "../number.option.ts";

export interface RunFlags {
  artifact: string;
  version: string;
  dataset?: string;
  target?: string;
  openai?: string;
  model?: string;
  prompt?: string;
  body?: Record<string, unknown>;
  promptPrice?: number;
  completionPrice?: number;
  header?: Record<string, string>;
  apiKeyEnv?: string;
  scorer?: Scorer;
  concurrency: number;
  /** Milliseconds. */
  timeout: number;
  results?: string;
  resume?: string;
  maxErrorRate: number;
  record: boolean;
}

/** The version that was evaluated, and the dataset's name. */
export const evaluatedOptions = (): Option[] => [
  option("--artifact <name>", "artifact that is evaluated").makeOptionMandatory(),
  option("--version <version>", "its version").makeOptionMandatory(),
  option("--dataset <name>", "name under which gates know the dataset (default: the file's name)"),
];

const jsonObjectOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text) => {
    try {
      const value: unknown = JSON.parse(text);
      if (isObject(value)) return value;
    } catch {
      // Refused below, as any other value is.
    }
    throw new InvalidArgumentError("Expected a JSON object.");
  });

const SIMPLE_SCORERS = ["exact", "contains", "regex", "json_schema", "numeric"] as const;

const scorerOption = (): Option =>
  new Option("--scorer <type>", `scores lines that name none: ${SIMPLE_SCORERS.join(", ")} (default exact)`).argParser(
    (type) => {
      if (!SIMPLE_SCORERS.some((known) => known === type)) {
        throw new InvalidArgumentError(`Expected one of ${SIMPLE_SCORERS.join(", ")}.`);
      }
      return scorerSchema.parse({ type });
    },
  );

export const runOptions = (): Option[] => [
  ...evaluatedOptions(),
  option("--target <url>", "POST each input as JSON to this address, a running candidate for example"),
  option("--openai <base-url>", "ask a model behind an OpenAI-compatible API, such as http://127.0.0.1:11434/v1"),
  option("--model <name>", "which model, with --openai"),
  option("--prompt <text>", "what is sent to the model, {{input}} being the input; @file reads it from a file"),
  jsonObjectOption("--body <json>", 'more members of the request to the model, such as {"temperature":0}'),
  numberOption("--prompt-price <usd>", "US dollars for a million tokens of the prompt", 0, 1e6),
  numberOption("--completion-price <usd>", "US dollars for a million tokens of the completion", 0, 1e6),
  pairOption("--header <name=value>", "header of each request; may be repeated"),
  option("--api-key-env <variable>", "environment variable that holds the key, sent as a bearer token"),
  scorerOption(),
  integerOption("--concurrency <number>", "requests at once", 1, 1_000).default(8),
  durationOption("--timeout <duration>", "for one answer").default(60_000, "60s"),
  option("--results <file>", "where the result of each line goes (default <dataset>.results.ndjson)"),
  option("--resume <file>", "go on with this results file: lines that have a score are not asked again"),
  numberOption("--max-error-rate <share>", "record nothing when more lines than this have no answer", 0, 1).default(
    0.05,
  ),
  option("--no-record", "do not record the evaluation"),
];

/** What the flags say is asked, and how its secrets are taken out of text. Throws a usage error. */
export async function targetOf(
  flags: RunFlags,
  environment: Environment,
): Promise<{ target: Target; redact: (text: string) => string }> {
  const { target, openai, model, timeout } = flags;
  if ((target === undefined) === (openai === undefined)) {
    throw new CliError(EXIT.usage, "an evaluation asks exactly one of --target <url> and --openai <base-url>");
  }
  const key = keyOf(flags, environment);
  const headers = { ...flags.header, ...(key !== null && { authorization: `Bearer ${key}` }) };
  const secrets = secretsOf(headers);
  const redact = (text: string) => secrets.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
  if (target !== undefined) {
    refuseModelFlags(flags);
    return { target: httpTarget({ url: addressOf("--target", target), headers, timeoutMs: timeout }), redact };
  }
  if (model === undefined) throw new CliError(EXIT.usage, "--openai needs --model <name>");
  const { promptPrice, completionPrice } = flags;
  if ((promptPrice === undefined) !== (completionPrice === undefined)) {
    throw new CliError(EXIT.usage, "--prompt-price and --completion-price are given together, or neither");
  }
  const made = openAiTarget({
    baseUrl: addressOf("--openai", openai ?? ""),
    model,
    prompt: await promptOf(flags.prompt),
    parameters: flags.body ?? {},
    headers,
    timeoutMs: timeout,
    price:
      promptPrice === undefined || completionPrice === undefined
        ? null
        : { prompt: promptPrice, completion: completionPrice },
  });
  return { target: made, redact };
}

const SECRET_HEADER = /auth|cookie|credential|key|password|secret|token/i;

/** Values of headers that are secrets by their names; of `Bearer …` the token alone. */
function secretsOf(headers: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) => (SECRET_HEADER.test(name) ? [value] : []));
  return values.map((value) => value.replace(/^\w+ /, "")).filter((secret) => secret !== "");
}

function keyOf({ apiKeyEnv }: RunFlags, environment: Environment): string | null {
  if (apiKeyEnv === undefined) return null;
  const key = environment[apiKeyEnv];
  if (key === undefined || key === "") {
    throw new CliError(EXIT.usage, `--api-key-env names ${apiKeyEnv}, which is not set in the environment`);
  }
  return key;
}

/** Never with a user or password: the address is written into results and evaluations. */
function addressOf(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    throw new CliError(
      EXIT.usage,
      `${flag} is not an address; allowed: http:// or https://, without user and password`,
    );
  }
  return text;
}

function refuseModelFlags(flags: RunFlags): void {
  const given = (["model", "prompt", "body", "promptPrice", "completionPrice"] as const).filter(
    (name) => flags[name] !== undefined,
  );
  if (given.length > 0) throw new CliError(EXIT.usage, `${given.join(", ")}: only with --openai`);
}

async function promptOf(text: string | undefined): Promise<string | null> {
  if (text === undefined) return null;
  const prompt = text.startsWith("@") ? await readFile(text.slice(1), "utf8").catch(noFile(text.slice(1))) : text;
  if (!prompt.includes("{{input}}")) {
    throw new CliError(EXIT.usage, "--prompt must say where the input goes: a text with {{input}} in it");
  }
  return prompt;
}

const noFile =
  (file: string) =>
  (error: unknown): never => {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CliError(EXIT.usage, `${file} cannot be read (${code})`);
  };

export const defaultScorer = ({ scorer }: RunFlags): Scorer => scorer ?? DEFAULT_SCORER;
