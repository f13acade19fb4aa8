import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { createProgram } from "../program.ts";
import { testIo } from "../testing/io.ts";
import { completionScript, SHELLS } from "./scripts.ts";
import { wordsByPath } from "./words.ts";

const words = wordsByPath(createProgram({ io: testIo(), exitCode: EXIT.ok }));

test("knows commands below groups, and options below commands", () => {
  const texts = (path: string) => words.get(path)?.map(({ text }) => text);
  expect(texts("")).toEqual(expect.arrayContaining(["up", "deploy", "rollout", "--server"]));
  expect(texts("rollout")).toEqual(expect.arrayContaining(["watch", "approve", "rollback"]));
  expect(texts("deploy create")).toEqual(expect.arrayContaining(["--version", "--strategy", "--wait", "--output"]));
});

test.each(SHELLS)("the script for %s names every command", (shell) => {
  const script = completionScript(shell, words);
  for (const path of words.keys()) expect(script).toContain(path.split(" ").at(-1));
});
