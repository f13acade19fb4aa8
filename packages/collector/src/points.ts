/** One data point of an OTLP message, with what tells its time series from others. */
export interface Point {
  /** Name and all attributes: the same for every point of a series. */
  series: string;
  name: string;
  attributes: Readonly<Record<string, string>>;
  /** Null for what has no single value, such as a histogram. */
  value: number | null;
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const fieldsAt = (value: unknown, name: string): Fields => {
  const found = isFields(value) ? value[name] : undefined;
  return isFields(found) ? found : {};
};
const listAt = (value: unknown, name: string): unknown[] => {
  const found = isFields(value) ? value[name] : undefined;
  return Array.isArray(found) ? found : [];
};

/** Where each kind of metric has its data points. */
const KINDS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] as const;

/** The data points of an OTLP message about metrics in JSON. What is not of that form has none. */
export function* pointsOf(message: unknown): Generator<Point> {
  for (const ofResource of listAt(message, "resourceMetrics")) {
    const resource = attributesOf(fieldsAt(ofResource, "resource"));
    for (const ofScope of listAt(ofResource, "scopeMetrics")) {
      for (const metric of listAt(ofScope, "metrics")) yield* pointsOfMetric(metric, resource);
    }
  }
}

function* pointsOfMetric(metric: unknown, resource: Record<string, string>): Generator<Point> {
  const name = isFields(metric) ? String(metric.name ?? "") : "";
  for (const kind of KINDS) {
    for (const point of listAt(fieldsAt(metric, kind), "dataPoints")) {
      const attributes = { ...resource, ...attributesOf(point) };
      const sorted = Object.entries(attributes).toSorted(([left], [right]) => (left < right ? -1 : 1));
      yield { series: JSON.stringify([name, sorted]), name, attributes, value: numberOf(point) };
    }
  }
}

function attributesOf(holder: unknown): Record<string, string> {
  return Object.fromEntries(
    listAt(holder, "attributes").flatMap((attribute) =>
      isFields(attribute) ? [[String(attribute.key), textOf(attribute.value)]] : [],
    ),
  );
}

/** An attribute's value is wrapped by its type: `{ "stringValue": "a" }`. */
function textOf(value: unknown): string {
  const [inner] = isFields(value) ? Object.values(value) : [];
  return typeof inner === "object" ? JSON.stringify(inner) : String(inner ?? "");
}

function numberOf(point: unknown): number | null {
  if (!isFields(point)) return null;
  const value = Number(point.asDouble ?? point.asInt ?? Number.NaN);
  return Number.isNaN(value) ? null : value;
}
