import { SluiceError } from "../errors.ts";
import { parseField } from "../validate.ts";
import { type DatasetItem, datasetItemSchema, type Scorer } from "./scorer.schema.ts";

/** What scores a line that names no scorer. */
export const DEFAULT_SCORER: Scorer = { type: "exact", ignoreCase: false };

export interface DatasetLine extends Omit<DatasetItem, "id"> {
  /** As the line says, or `line-7`. */
  id: string;
  line: number;
}

/**
 * Makes a reader of one dataset's lines. It answers null for a blank line and throws `invalid_argument` for a bad one, with
 * file, line and field in the message: `smoke.ndjson:7: expected is missing; allowed: …`.
 */
export function datasetReader(
  file: string,
  fallback: Scorer = DEFAULT_SCORER,
): (text: string, line: number) => DatasetLine | null {
  const schema = datasetItemSchema(fallback);
  return (text, line) => {
    if (text.trim() === "") return null;
    const item = located(`${file}:${line}`, () => parseField(schema, parsed(text)));
    return { ...item, id: item.id ?? `line-${line}`, line };
  };
}

function parsed(text: string): unknown {
  try {
    // A byte order mark begins the files of some editors.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError(
      "invalid_argument",
      `the line is not JSON (${why.slice(0, 200)}); allowed: one JSON object a line`,
    );
  }
}

/** Puts the place before what an `invalid_argument` says. */
function located<Value>(place: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    throw new SluiceError(error.code, `${place}: ${error.message}`, { violations: [...error.violations] });
  }
}
