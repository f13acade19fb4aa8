import { type MetricSource, seconds } from "@sluice/core";
import { boundedRequest, originOf } from "./bounded.request.ts";
import { invalid, noData, unavailable, valuesOf } from "./metric.outcome.ts";
import type { MetricQuestion, MetricReading, MetricSourceReader } from "./metric.source.ts";
import { asPromQl, fillTemplate, namesArm } from "./metric.template.ts";
import { readInstant, readRange, said } from "./prometheus.answer.ts";

type Source = Extract<MetricSource, { type: "prometheus" }>;

/** Points of one range that are asked for, as many as Prometheus gives at most. */
const MOST_POINTS = 11_000;

/**
 * Prometheus' HTTP API, or anything that speaks it. Figures over time come from range queries, each picking up where the last one
 * ended, so that a look that is late misses nothing; the window that is not complete yet is left for the next one.
 */
export function prometheusSource(source: Source): MetricSourceReader {
  const who = `Prometheus at ${originOf(source.address)}`;
  return {
    async read(question, signal) {
      const { cursor, compared, labels } = question;
      if (compared && !namesArm(source.query)) {
        return {
          outcome: invalid("the query names neither {{revision}} nor {{version}}: both arms would be measured alike"),
          cursor,
        };
      }
      const filled = fillTemplate(source.query, labels, asPromQl);
      if ("problem" in filled) return { outcome: invalid(filled.problem), cursor };
      const ask = async (path: string, parameters: Record<string, string>) => {
        const form = new URLSearchParams({ query: filled.text, ...parameters }).toString();
        return boundedRequest({
          url: `${source.address.replace(/\/+$/, "")}/api/v1/${path}?${form}`,
          headers: { accept: "application/json", ...source.headers },
          timeoutSeconds: source.timeoutSeconds,
          signal,
        });
      };
      return question.single ? instant(question, ask, who) : range(question, ask, who);
    },
  };
}

type Ask = (path: string, parameters: Record<string, string>) => ReturnType<typeof boundedRequest>;

async function instant({ now, cursor }: MetricQuestion, ask: Ask, who: string): Promise<MetricReading> {
  const answer = await ask("query", { time: String(now / 1_000) });
  if ("silent" in answer) return { outcome: unavailable(`${who} ${answer.silent}`), cursor };
  return { outcome: said(who, readInstant(answer.status, answer.text)), cursor };
}

async function range(question: MetricQuestion, ask: Ask, who: string): Promise<MetricReading> {
  const { cursor, since, now, intervalSeconds } = question;
  const after = cursor === null ? since / 1_000 : Number(cursor);
  const until = (now - seconds(intervalSeconds)) / 1_000;
  const earliest = until - (MOST_POINTS - 1) * intervalSeconds;
  const start = Math.max(after + intervalSeconds, earliest);
  if (!(start <= until)) {
    const first = noData("the first window is not complete yet; the next reading will have one");
    return { outcome: cursor === null ? first : { kind: "values", values: [] }, cursor };
  }
  const answer = await ask("query_range", { start: String(start), end: String(until), step: String(intervalSeconds) });
  if ("silent" in answer) return { outcome: unavailable(`${who} ${answer.silent}`), cursor };
  const found = readRange(answer.status, answer.text, after, until);
  if (found.kind !== "points") return { outcome: said(who, found), cursor };
  const last = found.points.at(-1)?.at ?? after;
  return {
    outcome: valuesOf(
      found.points.map(({ value }) => value),
      "the series",
    ),
    cursor: String(last),
  };
}
