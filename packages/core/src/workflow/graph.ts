import type { Scalar, Stage } from "./workflow.schema.ts";

interface Problem {
  path: (string | number)[];
  /** What would be allowed. */
  message: string;
}

/** Stages and tasks that a run may have at most. */
const MAX_TASKS = 200;

/** What is wrong with the stages as a graph: doubled names, needs that are not there, cycles, matrices that are too large. */
export function graphProblems(stages: readonly Stage[]): Problem[] {
  const problems: Problem[] = [];
  const names = stages.map(({ name }) => name);
  const known = new Set(names);
  for (const [at, { name, needs }] of stages.entries()) {
    if (names.indexOf(name) < at) problems.push({ path: ["stages", at, "name"], message: "a name of its own" });
    for (const [index, need] of needs.entries()) {
      const path = ["stages", at, "needs", index];
      if (!known.has(need)) problems.push({ path, message: `one of the stages ${names.join(", ")}` });
      else if (needs.indexOf(need) < index) problems.push({ path, message: "each stage once" });
    }
  }
  if (problems.length > 0) return problems;
  const cycle = cycleIn(stages);
  if (cycle !== null) {
    const at = names.indexOf(cycle[0] ?? "");
    problems.push({
      path: ["stages", at, "needs"],
      message: `needs without a cycle; this is one: ${cycle.join(" → ")}`,
    });
  }
  const tasks = stages.reduce((sum, stage) => sum + combinations(stage.matrix).length, 0);
  if (tasks > MAX_TASKS) {
    problems.push({ path: ["stages"], message: `at most ${MAX_TASKS} stages, every combination of a matrix counted` });
  }
  return problems.length > 0 ? problems : useProblems(stages);
}

/** Artifacts are taken from stages that have ended for sure, and that make them. */
function useProblems(stages: readonly Stage[]): Problem[] {
  return stages.flatMap((stage, at) => {
    const before = ancestorsOf(stages, stage.name);
    const uses = [
      ...(stage.run?.use ?? []).map((use, index) => ({ ...use, path: ["stages", at, "run", "use", index] })),
      ...(stage.scan?.sbom === undefined ? [] : [{ ...stage.scan.sbom, path: ["stages", at, "scan", "sbom"] }]),
    ];
    return uses.flatMap((use): Problem[] => {
      if (!before.has(use.stage)) {
        const list = [...before].join(", ") || "none";
        return [{ path: [...use.path, "stage"], message: `a stage that this one needs: ${list}` }];
      }
      const made = stages.find(({ name }) => name === use.stage)?.run?.artifacts.map(({ name }) => name) ?? [];
      if (made.includes(use.artifact)) return [];
      return [
        { path: [...use.path, "artifact"], message: `an artifact of ${use.stage}: ${made.join(", ") || "none"}` },
      ];
    });
  });
}

/** Every stage that has ended for sure when this one begins. */
export function ancestorsOf(stages: readonly Stage[], name: string): Set<string> {
  const found = new Set<string>();
  const visit = (of: string): void => {
    for (const need of stages.find((stage) => stage.name === of)?.needs ?? []) {
      if (found.has(need)) continue;
      found.add(need);
      visit(need);
    }
  };
  visit(name);
  return found;
}

/** The first cycle that is found, as a path that ends where it begins; null when there is none. */
function cycleIn(stages: readonly Stage[]): string[] | null {
  const done = new Set<string>();
  const visit = (name: string, path: string[]): string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (done.has(name)) return null;
    for (const need of stages.find((stage) => stage.name === name)?.needs ?? []) {
      const cycle = visit(need, [...path, name]);
      if (cycle !== null) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const { name } of stages) {
    const cycle = visit(name, []);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** Every combination of a matrix, by the names of its keys: the database forgets in which order they were written. */
export function combinations(matrix: Stage["matrix"]): Record<string, Scalar>[] {
  return Object.entries(matrix ?? {})
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .reduce<Record<string, Scalar>[]>(
      (sofar, [key, values]) => {
        // More than may be run is refused elsewhere; it need not be counted to its end.
        if (sofar.length > MAX_TASKS) return sofar;
        return sofar.flatMap((one) => values.map((value) => ({ ...one, [key]: value })));
      },
      [{}],
    );
}
