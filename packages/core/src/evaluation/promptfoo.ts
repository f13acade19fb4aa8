import { invalidField } from "../errors.ts";
import { parseField } from "../validate.ts";
import { type EvaluationInput, evaluationInputSchema } from "./evaluation.schema.ts";
import { type PromptfooFile, type PromptfooResult, promptfooFileSchema } from "./promptfoo.schema.ts";
import { createSummary } from "./summary.ts";

/** Whose results they are, and which of the file's providers and prompts is meant. */
export interface PromptfooSelection {
  artifact: string;
  version: string;
  /** Default: the description of promptfoo's configuration as far as it makes a name, else `promptfoo`. */
  dataset?: string | undefined;
  /** Id or label; needed when the file compares several. */
  provider?: string | undefined;
  /** The prompt's label, or its place among the file's prompts, from 0; needed when the file compares several. */
  prompt?: string | undefined;
}

/**
 * The evaluation that promptfoo's JSON results hold for one provider and one prompt: means of `score` and of each named score,
 * `passRate`, `errorRate`, latency percentiles, mean cost. Throws `invalid_argument` that names a missing field
 * (`results.results[3].score`), or the choices when the file has several.
 */
export function readPromptfoo(document: unknown, selection: PromptfooSelection): EvaluationInput {
  const file = parseField(promptfooFileSchema, wrapped(document));
  const results = select(file.results.results, selection);
  const summary = createSummary();
  for (const result of results) summary.add(sampleOf(result));
  const { sampleCount, metrics } = summary.summary();
  const [first] = results;
  const timestamp = file.results.timestamp ?? undefined;
  const finishedAt =
    timestamp !== undefined && !Number.isNaN(Date.parse(timestamp)) ? new Date(timestamp).toISOString() : undefined;
  return parseField(evaluationInputSchema, {
    artifact: selection.artifact,
    version: selection.version,
    dataset: selection.dataset ?? datasetOf(file),
    metrics: { ...namedScores(results), ...metrics },
    sampleCount,
    source: "promptfoo",
    ...(finishedAt !== undefined && { finishedAt }),
    details: {
      ...(file.evalId != null && { evalId: file.evalId.slice(0, 255) }),
      ...(first !== undefined && {
        provider: first.provider.id.slice(0, 255),
        prompt: promptName(first).slice(0, 255),
      }),
    },
  });
}

/** What the library answers is what the file has in `results`. */
const wrapped = (document: unknown): unknown =>
  typeof document === "object" && document !== null && "results" in document && Array.isArray(document.results)
    ? { results: document }
    : document;

const promptName = ({ prompt }: PromptfooResult): string => prompt.label ?? prompt.raw ?? "";

const isProvider = ({ provider }: PromptfooResult, wanted: string): boolean =>
  provider.id === wanted || (provider.label ?? "") === wanted;

function select(all: readonly PromptfooResult[], { provider, prompt }: PromptfooSelection): PromptfooResult[] {
  const ofProvider = provider === undefined ? [...all] : all.filter((result) => isProvider(result, provider));
  const providers = distinct(all.map((result) => result.provider.id));
  if (ofProvider.length === 0 || (provider === undefined && providers.length > 1)) {
    throw invalidField("provider", provider, `one of ${list(providers)}`);
  }
  const prompts = distinct(all.map(promptName));
  const wanted = prompt === undefined ? undefined : prompts.includes(prompt) ? prompt : prompts[placeOf(prompt)];
  if (prompts.length > 1 && wanted === undefined) {
    throw invalidField("prompt", prompt, `one of ${list(prompts)}, or a number from 0 to ${prompts.length - 1}`);
  }
  const chosen = wanted === undefined ? ofProvider : ofProvider.filter((result) => promptName(result) === wanted);
  if (chosen.length === 0)
    throw invalidField("prompt", prompt, `a prompt that provider ${provider ?? providers[0]} was asked`);
  return chosen;
}

const placeOf = (text: string): number => (/^\d{1,6}$/.test(text) ? Number(text) : -1);

const distinct = (values: readonly string[]): string[] => [...new Set(values)];

const SHOWN = 10;

const list = (values: readonly string[]): string =>
  values
    .slice(0, SHOWN)
    .map((value) => JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value))
    .join(", ") + (values.length > SHOWN ? ` and ${values.length - SHOWN} more` : "");

const sampleOf = (result: PromptfooResult) => ({
  score: result.score,
  passed: result.success,
  error: result.failureReason === 2,
  latencyMs: result.latencyMs,
  costUsd: result.cost ?? null,
  promptTokens: result.tokenUsage?.prompt ?? null,
  completionTokens: result.tokenUsage?.completion ?? null,
});

/** Means over the results that have the name; names are made to fit: `Answer relevance` becomes `Answer_relevance`. */
function namedScores(results: readonly PromptfooResult[]): Record<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const { namedScores: named } of results) {
    for (const [name, value] of Object.entries(named ?? {})) {
      const key = metricName(name);
      const known = sums.get(key) ?? { sum: 0, count: 0 };
      sums.set(key, { sum: known.sum + value, count: known.count + 1 });
    }
  }
  return Object.fromEntries([...sums].map(([name, { sum, count }]) => [name, sum / count]));
}

const metricName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9_.-]+/g, "_")
    .replace(/^[^A-Za-z]+/, "")
    .slice(0, 63) || "unnamed";

const datasetOf = ({ config }: PromptfooFile): string =>
  (config?.description ?? "")
    .replace(/[^A-Za-z0-9._/@:-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 255) || "promptfoo";
