/** Where a version came from, in a line: its tag, its commit, its repository, whichever are known. */
export function sourceText(source: Readonly<Record<string, unknown>> | null): string {
  const text = (name: string): string => (typeof source?.[name] === "string" ? source[name] : "");
  const commit = text("commit").slice(0, COMMIT);
  return [text("tag"), commit, text("repository")].filter((part) => part !== "").join(" · ");
}

/** As Git shortens it. */
const COMMIT = 10;
