import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { createProgram } from "../program.ts";
import { testIo } from "../testing/io.ts";
import { completionScript } from "./scripts.ts";
import { wordsByPath } from "./words.ts";

const script = completionScript("bash", wordsByPath(createProgram({ io: testIo(), exitCode: EXIT.ok })));
const hasBash = spawnSync("bash", ["-c", "(( BASH_VERSINFO[0] >= 4 ))"]).status === 0;

/** What bash offers at the end of a line. */
function complete(...line: string[]): string[] {
  const probe = `${script}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${line.length - 1}
_sluice
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync("bash", ["-c", probe], { encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout.trim().split("\n");
}

test.skipIf(!hasBash)("bash completes groups, commands and options", () => {
  expect(complete("sluice", "ro")).toEqual(["rollout"]);
  expect(complete("sluice", "rollout", "re")).toEqual(["reject", "resume", "reevaluate", "retry"]);
  expect(complete("sluice", "rollout", "watch", "--time")).toEqual(["--timeout"]);
});

test.skipIf(!hasBash)("bash finds the command behind options and arguments", () => {
  expect(complete("sluice", "deploy", "update", "greeter", "--version", "1.1.0", "--strat")).toEqual(["--strategy"]);
});
