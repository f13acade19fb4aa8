import type { Command } from "commander";

export interface Word {
  text: string;
  description: string;
}

/** What may follow each command, by the command's path: `""` for `sluice`, `"deploy list"` for its options. */
export type Words = ReadonlyMap<string, readonly Word[]>;

export function wordsByPath(program: Command): Words {
  const words = new Map<string, Word[]>();
  const visit = (command: Command, path: string) => {
    const below = command.commands.map((child) => ({ text: child.name(), description: child.description() }));
    const options = command.options.flatMap(({ long, description }) => (long ? [{ text: long, description }] : []));
    words.set(path, [...below, ...options]);
    for (const child of command.commands) visit(child, path === "" ? child.name() : `${path} ${child.name()}`);
  };
  visit(program, "");
  return words;
}
