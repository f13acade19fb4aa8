import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { EXIT, EXIT_MEANINGS } from "./exit.ts";
import { createProgram, run } from "./program.ts";
import { testIo } from "./testing/io.ts";

/** Every command that does something, by its path. */
function leaves(command: Command, path: string[] = []): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path: path.join(" "), command }];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

const program = createProgram({ io: testIo(), exitCode: EXIT.ok });
const all = leaves(program);

/** One run that never gets as far as a server. */
async function say(...argv: string[]) {
  const io = testIo();
  return { exitCode: await run(argv, io), out: io.out(), err: io.err() };
}

describe("the command line", () => {
  test("has the commands of the handbook", () => {
    expect(all.map(({ path }) => path).toSorted()).toMatchSnapshot();
  });

  test.each(all.map(({ path }) => path))("%s --help has a description and an example that names it", async (path) => {
    const { exitCode, out } = await say(...path.split(" "), "--help");
    expect(exitCode).toBe(EXIT.ok);
    expect(out).toMatch(/^Usage: sluice /);
    expect(out).toContain(`sluice ${path}`);
    expect(out).toContain("Examples:");
    expect(out).toContain("Global options:");
  });

  test("explains every exit code in its help", async () => {
    const { out } = await say("--help");
    for (const [name, meaning] of Object.entries(EXIT_MEANINGS)) {
      expect(out).toMatch(new RegExp(`${EXIT[name as keyof typeof EXIT]} +${meaning.replaceAll(/[()]/g, ".")}`));
    }
  });

  test.each([
    [["deply"], "Did you mean deploy?"],
    [["rollout", "wach"], "Did you mean watch?"],
    [["deploy", "list", "--enviroment", "x"], "Did you mean --environment?"],
  ])("%j is a usage error that suggests what was meant", async (argv, suggestion) => {
    const { exitCode, err } = await say(...argv);
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toContain(suggestion);
  });

  test.each([
    [["deploy", "scale", "greeter", "many"], '<replicas> is "many"; expected a whole number from 1 to 1000'],
    [["deploy", "scale", "greeter"], "missing required argument 'replicas'"],
    [["rollout", "watch", "rol_1", "--timeout", "soon"], "Expected a duration such as 90s, 5m or 1h30m."],
    [
      ["artifact", "create", "x", "--kind", "apple"],
      "Allowed choices are prompt, agent, model, pipeline, application.",
    ],
    [["artifact", "create", "x"], "required option '--kind <kind>' not specified"],
    [["deploy", "update", "x", "--env", "MODE"], "Expected NAME=VALUE."],
    [["version", "create", "x", "1"], "needs a --command (or one after `--`), an --image, or a spec by --file"],
    [["completion", "tcsh"], '<shell> is "tcsh"; allowed: bash, zsh, fish'],
    [["apply", "-f", "/nonexistent.yaml"], "cannot read /nonexistent.yaml"],
    [["deploy", "list", "-o", "xml"], "Allowed choices are table, json, yaml."],
  ])("%j is a usage error that says what is allowed", async (argv, message) => {
    const { exitCode, err } = await say(...argv);
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toContain(message);
  });

  test("a bad variable is a usage error that names it", async () => {
    const io = testIo({ environment: { SLUICE_URL: "ftp://x" } });
    expect(await run(["deploy", "list"], io)).toBe(EXIT.usage);
    expect(io.err()).toContain('SLUICE_URL is "ftp://x"');
  });
});
