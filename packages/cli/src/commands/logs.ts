import { ok } from "@sluice/client";
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
  timestamps?: boolean;
}

const lineSchema = z.object({
  instance: z.string(),
  stream: z.enum(["stdout", "stderr"]),
  text: z.string(),
  at: z.string().nullish(),
});

export function addLogsCommand(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "logs <deployment>",
    description: "Print what a deployment's instances write.",
    examples: [
      "sluice logs greeter",
      "sluice logs greeter -f --revision 2 --tail 10",
      "sluice logs greeter --timestamps",
    ],
    options: [
      option("-f, --follow", "stay and print lines as they come"),
      integerOption("--tail <lines>", "lines of the past to begin with (default 100)", 0, 10_000),
      integerOption("--revision <number>", "only of this revision", 1, 2_147_483_647),
      option("--instance <id>", "only of this instance"),
      option("--timestamps", "begin each line with its time, or - where nobody knows it"),
      environmentOption(),
    ],
    run: async (session, flags, deployment) => {
      const { client, io, colors, output } = session;
      const { path, query } = deploymentParams(session, flags, required(deployment));
      const asked = {
        ...query,
        ...(flags.tail !== undefined && { tail: flags.tail }),
        ...(flags.revision !== undefined && { revision: flags.revision }),
        ...(flags.instance !== undefined && { instance: flags.instance }),
        ...(flags.timestamps === true && { timestamps: "true" }),
      };
      if (flags.follow !== true) {
        const params = { path, query: asked };
        const headers = { accept: "text/plain" };
        io.stdout.write(await ok(client.http.GET("/v1/deployments/{id}/logs", { params, headers, parseAs: "text" })));
        return EXIT.ok;
      }
      const address = `/v1/deployments/${encodeURIComponent(path.id)}/logs`;
      const signal = io.interrupted();
      for await (const message of client.stream(address, { ...asked, follow: true }, { signal })) {
        // Nothing runs that could print.
        if (message.event === "end") break;
        const line = lineSchema.parse(JSON.parse(message.data));
        const at = flags.timestamps === true ? `${colors.dim(line.at ?? "-")}  ` : "";
        const paint = line.stream === "stderr" ? colors.yellow : (text: string) => text;
        io.stdout.write(
          output === "table" ? `${at}${colors.dim(line.instance)}  ${paint(line.text)}\n` : `${JSON.stringify(line)}\n`,
        );
      }
      return EXIT.ok;
    },
  });
}
