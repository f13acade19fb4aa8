import type { MetricSource } from "@sluice/core";
import { boundedRequest, originOf } from "./bounded.request.ts";
import { followPath } from "./json.path.ts";
import { invalid, type MetricOutcome, noData, unavailable, valuesOf } from "./metric.outcome.ts";
import type { MetricSourceReader } from "./metric.source.ts";
import { fillTemplate, namesArm } from "./metric.template.ts";

type Source = Extract<MetricSource, { type: "webhook" }>;

/** A web service of somebody's that answers JSON. What the path finds is new since the last reading: a number, or a list of them. */
export function webhookSource(source: Source): MetricSourceReader {
  const who = `the webhook at ${originOf(source.url)}`;
  return {
    async read({ cursor, compared, labels }, signal) {
      if (compared && !namesArm(source.url, ...Object.values(source.headers))) {
        return {
          outcome: invalid("the url names neither {{revision}} nor {{version}}: both arms would be measured alike"),
          cursor,
        };
      }
      const url = fillTemplate(source.url, labels, encodeURIComponent);
      if ("problem" in url) return { outcome: invalid(url.problem), cursor };
      const headers: Record<string, string> = { accept: "application/json" };
      for (const [name, value] of Object.entries(source.headers)) {
        const filled = fillTemplate(value, labels, (label) => label);
        if ("problem" in filled) return { outcome: invalid(filled.problem), cursor };
        headers[name] = filled.text;
      }
      const { timeoutSeconds } = source;
      const answer = await boundedRequest({ url: url.text, headers, timeoutSeconds, signal });
      if ("silent" in answer) return { outcome: unavailable(`${who} ${answer.silent}`), cursor };
      if (answer.status === 204 || answer.status === 404) {
        return { outcome: noData(`${who} answered ${answer.status}: it has no figure yet`), cursor };
      }
      if (answer.status !== 200) return { outcome: unavailable(`${who} answered ${answer.status}`), cursor };
      return { outcome: readJson(answer.text, source.jsonPath), cursor };
    },
  };
}

/** The numbers that the path finds in the text. */
export function readJson(text: string, path: string): MetricOutcome {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return invalid("the answer is not JSON");
  }
  const found = followPath(body, path);
  if (!Array.isArray(found)) return found;
  // One list is the list of values; several findings are values themselves.
  const [only] = found;
  const values = found.length === 1 && Array.isArray(only) ? only : found;
  const present = values.filter((value) => value !== null);
  const bad = present.findIndex((value) => typeof value !== "number");
  if (bad !== -1)
    return invalid(`${path} finds ${JSON.stringify(present[bad])?.slice(0, 80)} at place ${bad + 1}; allowed: numbers`);
  const numbers = present.filter((value) => typeof value === "number");
  return numbers.length === 0
    ? noData(`${path} finds nothing in the answer; a number would end this`)
    : valuesOf(numbers, path);
}
