import { z } from "zod";
import { parseField } from "../validate.ts";
import { commitSchema, lineSchema, NO_EVENT, refOf, type SourceEvent } from "./source.event.ts";

/** What a sender of one's own tells, and what a person says who fires a trigger. Other fields are theirs to have. */
export const genericEventSchema = z
  .looseObject({
    repository: lineSchema(255).optional(),
    ref: lineSchema(1_024).optional().describe("`refs/heads/…` or `refs/tags/…`, instead of `branch` or `tag`."),
    branch: lineSchema(1_024).optional(),
    tag: lineSchema(1_024).optional(),
    commit: commitSchema.optional(),
    paths: z.array(lineSchema(4_096)).max(10_000).optional().describe("Files that were touched."),
    inputs: z
      .record(z.string().regex(/^\w{1,63}$/, "letters, digits and '_'"), z.string().max(4_096))
      .default({})
      .describe("Values for `{{inputs.name}}`."),
  })
  .meta({ id: "TriggerEvent", examples: [{ repository: "acme/greeter", tag: "v1.1.0", commit: "4b825dc642cb6eb9" }] });

/**
 * The event in a body; inside `data` where the sender uses the envelope that Standard Webhooks recommends. Throws
 * `invalid_argument`.
 */
export function readGeneric(body: unknown): SourceEvent {
  const enveloped = z.looseObject({ type: z.string(), data: z.record(z.string(), z.unknown()) }).safeParse(body);
  const given = enveloped.success
    ? parseField(genericEventSchema, enveloped.data.data, "data")
    : parseField(genericEventSchema, body ?? {});
  const { repository = null, commit = null, paths = null, inputs, ref } = given;
  const { branch, tag } = {
    ...(ref === undefined ? null : refOf(ref)),
    ...(given.branch && { branch: given.branch }),
    ...(given.tag && { tag: given.tag }),
  };
  const type = tag ? "tag" : branch ? "push" : "custom";
  return { ...NO_EVENT, type, repository, branch: branch ?? null, tag: tag ?? null, commit, paths, inputs };
}
