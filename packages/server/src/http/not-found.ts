import { SluiceError } from "@sluice/core";
import type { App } from "./app.types.ts";
import { PROBLEM_TYPE, toProblem } from "./problem.ts";

interface Known {
  methods: Set<string>;
  segments: string[];
}

/** Answers what has no route: 405 with `Allow` when another method has one, else 404 with the paths most like it. */
export function handleUnknownRoutes(app: App): void {
  const known = new Map<string, Known>();
  app.addHook("onRoute", ({ url, method, schema }) => {
    if (schema?.hide === true) return;
    const entry = known.get(url) ?? { methods: new Set<string>(), segments: segmentsOf(url) };
    for (const name of [method].flat()) entry.methods.add(name);
    known.set(url, entry);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "/";
    const wanted = segmentsOf(path);
    const methods = [...known.values()].find(({ segments }) => matches(segments, wanted))?.methods;
    const status = methods === undefined ? 404 : 405;
    if (methods !== undefined) reply.header("allow", [...methods].join(", "));
    const detail =
      methods === undefined
        ? `no route ${path}; ${nearest(known, wanted)}, all of them: /openapi.json`
        : `${request.method} is not a method of ${path}; allowed: ${[...methods].join(", ")}`;
    const error = new SluiceError(methods === undefined ? "not_found" : "unimplemented", detail);
    return reply
      .code(status)
      .type(PROBLEM_TYPE)
      .send(Buffer.from(JSON.stringify(toProblem(error, request.id, status))));
  });
}

const segmentsOf = (path: string): string[] => path.split("/").filter((segment) => segment !== "");

const matches = (pattern: readonly string[], path: readonly string[]): boolean =>
  pattern.length === path.length && pattern.every((part, at) => part.startsWith(":") || part === path[at]);

function nearest(known: ReadonlyMap<string, Known>, wanted: readonly string[]): string {
  const ranked = [...known].map(([url, { segments }]) => ({ url, common: commonStart(segments, wanted) }));
  const best = Math.max(0, ...ranked.map(({ common }) => common));
  const urls = ranked.filter(({ common }) => common === best).map(({ url }) => url);
  return `near it: ${urls.slice(0, 6).join(", ")}`;
}

function commonStart(left: readonly string[], right: readonly string[]): number {
  const differs = left.findIndex((segment, at) => segment !== right[at] && !segment.startsWith(":"));
  return differs === -1 ? Math.min(left.length, right.length) : differs;
}
