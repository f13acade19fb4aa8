import type { Command } from "commander";
import { addCommand, type Cli, required } from "../command.ts";
import { completionScript, SHELLS } from "../completion/scripts.ts";
import { wordsByPath } from "../completion/words.ts";
import { CliError, EXIT } from "../exit.ts";

export function addCompletionCommand(cli: Cli, program: Command): void {
  addCommand(cli, program, {
    syntax: "completion <shell>",
    description: `Print the script that completes commands and options: ${SHELLS.join(", ")}.`,
    examples: [
      'eval "$(sluice completion bash)"',
      "sluice completion zsh > ~/.zsh/completions/_sluice",
      "sluice completion fish > ~/.config/fish/completions/sluice.fish",
    ],
    run: async ({ io }, _flags, shell) => {
      const known = SHELLS.find((name) => name === shell);
      if (known === undefined) {
        throw new CliError(EXIT.usage, `<shell> is ${JSON.stringify(required(shell))}; allowed: ${SHELLS.join(", ")}`);
      }
      io.stdout.write(completionScript(known, wordsByPath(program)));
      return undefined;
    },
  });
}
