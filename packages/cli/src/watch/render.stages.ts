import type { Rollout } from "@sluice/client";
import type { Canvas } from "./render.ts";
import { wrap } from "./wrap.ts";

type Mark = "good" | "bad" | "waiting" | "aside";

/** One finding of a stage: how it is, what it is called, and its sentence. */
interface Finding {
  mark: Mark;
  name: string;
  message: string;
}

const SIGNS: Readonly<Record<Mark, string>> = { good: "✔", bad: "✖", waiting: "●", aside: "–" };

/**
 * What checks, gates and tests found. A watch shows what is waited for or has failed; with `detailed`, everything that
 * was looked at is there with its sentence.
 */
export function renderStages({ validations, gates, tests, phase }: Rollout, canvas: Canvas): string[][] {
  const stages: [title: string, present: boolean, findings: Finding[]][] = [
    ["Checks", phase === "validating", validations.map(validationFinding)],
    ["Gates", phase === "gating", gates.flatMap(gateFindings)],
    ["Tests", phase === "testing", tests.map(testFinding)],
  ];
  return stages.map(([title, present, findings]) => {
    const shown = findings.filter(({ mark }) => canvas.detailed || present || mark === "bad");
    return shown.length === 0 ? [] : [canvas.colors.bold(title), ...shown.flatMap((one) => lines(one, canvas))];
  });
}

const validationFinding = ({ name, severity, passed, message }: Rollout["validations"][number]): Finding => ({
  mark: passed ? "good" : severity === "info" || severity === "low" ? "aside" : "bad",
  name: passed ? name : `${name} (${severity})`,
  message,
});

const GATE_MARKS = { passed: "good", failed: "bad", waiting: "waiting" } as const;

/** A gate, and under it its conditions: those say what was seen. */
function gateFindings({
  gate,
  required,
  status,
  message,
  conditions,
  waitsUntil,
}: Rollout["gates"][number]): Finding[] {
  const mark = required || status !== "failed" ? GATE_MARKS[status] : "aside";
  const until = waitsUntil === null ? "" : ` (until ${waitsUntil.slice(0, 19)}Z)`;
  const name = `${gate}${required ? "" : " (advisory)"}${until}`;
  if (conditions.length === 0) return [{ mark, name, message }];
  return [
    { mark, name, message: status },
    ...conditions.map((condition) => ({
      mark: condition.required || condition.status !== "failed" ? GATE_MARKS[condition.status] : ("aside" as const),
      name: `  ${condition.name}${condition.required ? "" : " (advisory)"}`,
      message: condition.message,
    })),
  ];
}

const TEST_MARKS = { passed: "good", failed: "bad", error: "bad", running: "waiting", skipped: "aside" } as const;

const testFinding = ({ name, status, message }: Rollout["tests"][number]): Finding => ({
  mark: TEST_MARKS[status],
  name: status === "running" ? `${name} (running)` : name,
  message,
});

function lines({ mark, name, message }: Finding, { width, colors }: Canvas): string[] {
  const { green, red, cyan, dim } = colors;
  const paint = { good: green, bad: red, waiting: cyan, aside: dim }[mark];
  const text = `${SIGNS[mark]} ${name}: ${message}`;
  const [first = "", ...rest] = wrap(text, width - 4);
  const indent = name.startsWith("  ") ? "    " : "  ";
  return [`${indent}${first}`, ...rest.map((line) => `    ${line}`)].map((line) => paint(line));
}
