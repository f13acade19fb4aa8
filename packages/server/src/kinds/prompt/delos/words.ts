import { type FieldViolation, invalidArgument, SluiceError } from "@sluice/core";

/** Our names of fields, and those that the proto file has. */
const THEIRS: readonly [RegExp, string][] = [
  [/\.dataset$/, ".dataset_id"],
  [/\.webhook\.url$/, ".webhook_url"],
  [/^artifact$/, "prompt_id"],
  [/^version$/, "to_version"],
  [/^query\.cursor$/, "page_token"],
  [/^query\./, ""],
];

/** An error of the services, with fields named as whoever calls by gRPC knows them. Anything else stays as it is. */
export function inTheirWords(error: unknown): unknown {
  if (!(error instanceof SluiceError) || error.code !== "invalid_argument" || error.violations.length === 0) {
    return error;
  }
  return invalidArgument(
    error.violations.map((violation): FieldViolation => {
      const field = THEIRS.reduce((name, [ours, theirs]) => name.replace(ours, theirs), violation.field);
      return { ...violation, field };
    }),
  );
}
