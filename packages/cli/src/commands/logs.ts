import type { Command } from "commander";
import { z } from "zod";
import { addCommand, type Cli, integerOption, option, required } from "../command.ts";
import { EXIT } from "../exit.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { environmentOption } from "./deploy.options.ts";

interface Flags extends DeploymentFlags {
  follow?: boolean;
  tail?: number;
  revision?: number;
  instance?: string;
}

const lineSchema = z.object({ instance: z.string(), stream: z.enum(["stdout", "stderr"]), text: z.string() });

export function addLogsCommand(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "logs <deployment>",
    description: "Print what a deployment's instances write.",
    examples: ["sluice logs greeter", "sluice logs greeter -f --revision 2 --tail 10"],
    options: [
      option("-f, --follow", "stay and print lines as they come"),
      integerOption("--tail <lines>", "lines of the past to begin with (default 100)", 0, 10_000),
      integerOption("--revision <number>", "only of this revision", 1, 2_147_483_647),
      option("--instance <id>", "only of this instance"),
      environmentOption(),
    ],
    run: async (session, flags, deployment) => {
      const { client, io, colors, output } = session;
      const { path, query } = deploymentParams(session, flags, required(deployment));
      const signal = io.interrupted();
      const asked = {
        ...query,
        follow: String(flags.follow === true),
        ...(flags.tail !== undefined && { tail: String(flags.tail) }),
        ...(flags.revision !== undefined && { revision: String(flags.revision) }),
        ...(flags.instance !== undefined && { instance: flags.instance }),
      };
      const address = `/v1/deployments/${encodeURIComponent(path.id)}/logs`;
      // Logs have no ids to resume from: connecting again would print the past a second time.
      for await (const message of client.stream(address, asked, { signal, reconnect: false })) {
        const line = lineSchema.parse(JSON.parse(message.data));
        const paint = line.stream === "stderr" ? colors.yellow : (text: string) => text;
        io.stdout.write(
          output === "table" ? `${colors.dim(line.instance)}  ${paint(line.text)}\n` : `${JSON.stringify(line)}\n`,
        );
      }
      return EXIT.ok;
    },
  });
}
