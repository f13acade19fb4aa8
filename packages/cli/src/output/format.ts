import { stringify } from "yaml";

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** `data` for machines as it came from the API, or what `table` draws of it for people. Ends with a line feed. */
export function format(output: OutputFormat, data: unknown, table: () => string): string {
  switch (output) {
    case "json":
      return `${JSON.stringify(data, null, 2)}\n`;
    case "yaml":
      return stringify(data, { aliasDuplicateObjects: false });
    case "table":
      return withLineFeed(table());
  }
}

const withLineFeed = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
