import { expect, test } from "vitest";
import { matrixOf, type Placed } from "./matrix.ts";

const placed = (artifact: string, environment: string, more: Partial<Placed> = {}): Placed => ({
  ...{ id: `dep_${artifact}_${environment}`, name: artifact, artifact, environment },
  ...{ version: "1.0.0", status: "running", rollout: null },
  ...more,
});
const rollout = { id: "rol_1", phase: "shifting", paused: false, weight: 10, toVersion: "1.1.0" } as const;

const overview = (deployments: Placed[]) => ({
  project: "default",
  environments: [
    { name: "staging", tier: "staging" as const },
    { name: "production", tier: "production" as const },
  ],
  artifacts: [...new Set(deployments.map(({ artifact }) => artifact))].map((name) => ({
    ...{ name, kind: "application" as const },
  })),
  deployments,
  complete: true,
});

test("every artifact has a cell in every environment, empty or with all of its deployments there", () => {
  const second = placed("a", "staging", { id: "dep_2", name: "a-blue" });
  const [row] = matrixOf(overview([placed("a", "staging"), second]));
  expect(row?.cells.map(({ environment, deployments }) => [environment, deployments.length])).toEqual([
    ["staging", 2],
    ["production", 0],
  ]);
});

test("what moves and what failed comes first, otherwise the order of the server stays", () => {
  const rows = matrixOf(
    overview([
      placed("a", "staging"),
      placed("b", "staging", { rollout }),
      placed("c", "staging"),
      placed("d", "production", { status: "failed", version: null }),
    ]),
  );
  expect(rows.map(({ artifact }) => artifact.name)).toEqual(["b", "d", "a", "c"]);
});

test("five thousand deployments are put in their places at once", () => {
  const many = Array.from({ length: 5_000 }, (_, index) =>
    placed(`a${index % 1_000}`, index % 2 ? "staging" : "production", { id: `dep_${index}` }),
  );
  const rows = matrixOf(overview(many));
  expect(rows).toHaveLength(1_000);
  expect(rows.flatMap(({ cells }) => cells.flatMap(({ deployments }) => deployments))).toHaveLength(5_000);
});
