import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseAllDocuments } from "yaml";
import { helmBinary } from "../kubernetes/binaries.ts";

export interface Rendered {
  kind: string;
  metadata: { name: string; labels: Record<string, string>; annotations?: Record<string, string> };
  // What a kind says of itself differs by kind; tests look at what they expect.
  [field: string]: unknown;
}

export interface HelmRun {
  code: number;
  output: string;
  errors: string;
}

/** Runs helm by itself: no cluster is asked. */
export async function runHelm(args: string[], stdin = ""): Promise<HelmRun> {
  const child = spawn(await helmBinary(), args, { stdio: "pipe", env: { HOME: "/nonexistent" } });
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: Number(code), output, errors };
}

/** What a release of the chart consists of. Throws in helm's words. */
export async function render(chart: string, release: string, values: object): Promise<Rendered[]> {
  const run = await runHelm(
    ["template", release, chart, "--namespace", "shop", "--values", "-"],
    JSON.stringify(values),
  );
  if (run.code !== 0) throw new Error(run.errors);
  return parseAllDocuments(run.output).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null ? [] : [object as Rendered];
  });
}

/** The only object of the kind. */
export function only(objects: readonly Rendered[], kind: string): Rendered {
  const [found, other] = objects.filter((object) => object.kind === kind);
  if (found === undefined || other !== undefined)
    throw new Error(`${found === undefined ? "no" : "more than one"} ${kind} among ${kindsOf(objects).join(", ")}`);
  return found;
}

export const kindsOf = (objects: readonly Rendered[]): string[] => objects.map(({ kind }) => kind).sort();
