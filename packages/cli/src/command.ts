import { type Command, InvalidArgumentError, Option } from "commander";
import { CliError, EXIT, type ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { OUTPUT_FORMATS } from "./output/format.ts";
import { parseDuration } from "./output/quantity.ts";
import { type GlobalFlags, openSession, type Session } from "./session.ts";

/** One run of the command line: what it may touch, and how it will end. */
export interface Cli {
  io: Io;
  exitCode: ExitCode;
}

/** Flags that every command takes, before or after its name. */
export function addGlobalFlags(command: Command): Command {
  return command
    .optionsGroup("Global options:")
    .option("--server <url>", "address of the server (SLUICE_URL; otherwise the one of the data folder)")
    .option("--token <token>", "API token (SLUICE_TOKEN; otherwise the data folder's admin-token)")
    .option("--project <name>", "project (SLUICE_PROJECT)")
    .option("--data-dir <folder>", "data folder of a local server (SLUICE_DATA_DIR, default .sluice)")
    .addOption(new Option("-o, --output <format>", "how to print").choices(OUTPUT_FORMATS))
    .option("--no-color", "never use colours (NO_COLOR)");
}

/** `await run(session, flags, ...arguments)`; a number returned is the exit code. */
export type Action<Flags> = (
  session: Session,
  flags: Flags,
  ...args: (string | undefined)[]
) => Promise<ExitCode | undefined>;

export interface Definition<Flags> {
  /** Name and arguments, as commander writes them: `scale <deployment> <replicas>`. */
  syntax: string;
  description: string;
  /** Command lines for the help text. */
  examples: string[];
  options?: Option[];
  run: Action<Flags>;
}

/** Adds one command to its group: arguments, flags, examples and what it does. */
export function addCommand<Flags>(cli: Cli, parent: Command, definition: Definition<Flags>): void {
  const command = parent.command(definition.syntax).description(definition.description);
  for (const option of definition.options ?? []) command.addOption(option);
  addGlobalFlags(command);
  command.addHelpText("after", `\nExamples:\n${definition.examples.map((line) => `  $ ${line}`).join("\n")}\n`);
  command.action(async (...received: unknown[]) => {
    const args = received
      .slice(0, -2)
      .flat()
      .map((arg) => (typeof arg === "string" ? arg : undefined));
    const session = openSession(cli.io, globalFlags(command));
    cli.exitCode = (await definition.run(session, command.opts<Flags & object>(), ...args)) ?? EXIT.ok;
  });
}

/** A group of commands: `sluice deploy …`. */
export const addGroup = (parent: Command, name: string, description: string): Command =>
  parent.command(name).description(description);

/** The command's own flags win over those given before its name. */
function globalFlags(command: Command): GlobalFlags {
  const outer = rootOf(command).opts<GlobalFlags>();
  const inner = command.opts<GlobalFlags>();
  return { ...outer, ...inner, color: outer.color && inner.color };
}

const rootOf = (command: Command): Command => (command.parent === null ? command : rootOf(command.parent));

export const option = (flags: string, description: string): Option => new Option(flags, description);

/** An option whose value is a whole number from `min` to `max`. */
export const integerOption = (flags: string, description: string, min: number, max: number): Option =>
  new Option(flags, description).argParser((text) => {
    const value = wholeNumber(text, min, max);
    if (value === null) throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
    return value;
  });

export const durationOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text) => {
    const ms = parseDuration(text);
    if (ms === null) throw new InvalidArgumentError("Expected a duration such as 90s, 5m or 1h30m.");
    return ms;
  });

/** Null for anything but a whole number from `min` to `max`. */
function wholeNumber(text: string, min: number, max: number): number | null {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= min && value <= max ? value : null;
}

/** An option that may be given many times as `NAME=VALUE`. */
export const pairOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text, previous: Record<string, string> | undefined) => {
    const border = text.indexOf("=");
    if (border < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
    return { ...previous, [text.slice(0, border)]: text.slice(border + 1) };
  });

export interface WaitFlags {
  wait?: boolean;
  /** Milliseconds. */
  timeout?: number;
}

export const waitOptions = (): Option[] => [
  option("--wait", "stay until the rollout ends; a rollout that does not complete is not exit code 0"),
  durationOption("--timeout <duration>", "give up waiting after this long (exit code 10)"),
];

/** An argument that must be a whole number from `min` to `max`. */
export function integerArgument(name: string, text: string | undefined, min: number, max: number): number {
  const value = wholeNumber(required(text), min, max);
  if (value === null) {
    throw new CliError(
      EXIT.usage,
      `<${name}> is ${JSON.stringify(text)}; expected a whole number from ${min} to ${max}`,
    );
  }
  return value;
}

/** An argument that commander has made sure of. */
export function required(arg: string | undefined): string {
  if (arg === undefined) throw new TypeError("an argument declared as required is missing");
  return arg;
}
