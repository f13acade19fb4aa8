import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { RunnableSpec } from "@sluice/core";
import type { Check, CheckContext } from "../checks.ts";
import { type Finding, fail, pass } from "./finding.ts";

/** The working folder and the program, for candidates that run as processes on this machine. */
export const programChecks: readonly Check[] = [
  { name: "workdir", type: "filesystem", severity: "critical", run: checkWorkdir },
  { name: "program", type: "filesystem", severity: "critical", run: checkProgram },
];

function processSpec({ candidate: { kind, spec, target } }: CheckContext): RunnableSpec | null {
  const runs = kind === "application" || kind === "agent";
  return runs && target.type === "process" && "env" in spec ? spec : null;
}

const inside = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
};

async function checkWorkdir(context: CheckContext): Promise<Finding | null> {
  const spec = processSpec(context);
  if (spec?.workdir === undefined) return null;
  const root = await realpath(context.root);
  const path = await realpath(resolve(root, spec.workdir)).catch(() => null);
  if (path === null) return fail(`workdir ${spec.workdir} does not exist in ${root}`);
  if (!inside(root, path))
    return fail(`workdir ${spec.workdir} leads to ${path}, outside of ${root}, where the server was started`);
  if (!(await stat(path)).isDirectory()) return fail(`workdir ${spec.workdir} is not a folder`);
  return pass(`workdir ${spec.workdir} is a folder in ${root}`);
}

async function checkProgram(context: CheckContext): Promise<Finding | null> {
  const spec = processSpec(context);
  const program = spec?.command?.[0];
  if (spec === null || program === undefined) return null;
  const folder = resolve(context.root, spec.workdir ?? ".");
  const path = context.candidate.config.env.PATH ?? spec.env.PATH ?? context.programPath;
  const places = program.includes("/")
    ? [resolve(folder, program)]
    : path.split(delimiter).flatMap((place) => (place === "" ? [] : [join(place, program)]));
  let found = false;
  for (const place of places) {
    const file = await stat(place).catch(() => null);
    if (file === null || !file.isFile()) continue;
    found = true;
    if (await isExecutable(place)) return pass(`program ${program} is ${place}`);
  }
  if (found) return fail(`program ${program} is there but may not be executed`);
  return fail(
    program.includes("/") ? `program ${program} does not exist in ${folder}` : `program ${program} is not on PATH`,
  );
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
