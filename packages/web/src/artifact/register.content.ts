import type { Artifact } from "@sluice/client";
import { type Draft, DraftError, EMPTY } from "./register.draft.ts";
import { draftOf } from "./register.read.ts";
import { objectOf, type Spec, specOf } from "./register.ts";

type Kind = Artifact["kind"];

/** The content of a version as it is written: in fields, or as one text. */
export type Content = { draft: Draft } | { text: string };

const textOf = (spec: Readonly<Spec>): Content => ({ text: JSON.stringify(spec, null, 2) });

/** What another version holds, to be changed: in fields where these have a place for all of it. */
export function begunWith(kind: Kind, spec: Readonly<Spec> | undefined): Content {
  if (spec === undefined) return { draft: EMPTY };
  const draft = draftOf(kind, spec);
  return draft === null ? textOf(spec) : { draft };
}

/** The spec that is meant. Throws `DraftError` for what cannot be read. */
export function specOfContent(kind: Kind, content: Content): Spec {
  if ("draft" in content) return specOf(kind, content.draft);
  const spec = objectOf("", content.text);
  if (spec === undefined) throw new DraftError("", "Wanted: what the version consists of");
  return spec;
}

/** The same as a text, or why that cannot be. */
export const inText = (kind: Kind, content: Content): Content | string =>
  "text" in content ? content : readable(() => textOf(specOfContent(kind, content)));

/** The same in fields, or why that cannot be. */
export function inFields(kind: Kind, content: Content): Content | string {
  if ("draft" in content) return content;
  if (content.text.trim() === "") return { draft: EMPTY };
  return readable(() => {
    const draft = draftOf(kind, specOfContent(kind, content));
    return draft === null
      ? "There are no fields for all that the text says; it can be registered as it is."
      : { draft };
  });
}

function readable(read: () => Content | string): Content | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof DraftError) return `${error.field}: ${error.message}`;
    throw error;
  }
}
