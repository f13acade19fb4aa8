import { type Answer, ok, type paths } from "@sluice/client";
import { type Command, Option } from "commander";
import { addCommand, type Cli, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { environmentOption } from "./deploy.options.ts";

type Body = paths["/v1/deployments/{id}/try"]["post"]["requestBody"]["content"]["application/json"];

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const satisfies Body["method"][];

interface Flags extends DeploymentFlags {
  method: (typeof METHODS)[number];
  header?: string[];
  body?: string;
}

export function addDeployTryCommand(cli: Cli, group: Command): void {
  addCommand<Flags>(cli, group, {
    syntax: "try <deployment> [path]",
    description:
      "Send it one request through the gateway, as a caller would, and print what it answers, and which revision and " +
      "instance did. It counts as a caller's request.",
    examples: [
      "sluice deploy try greeter",
      "sluice deploy try greeter /hello?name=ada -e production",
      `sluice deploy try greeter /orders --method POST --header "content-type: application/json" --body '{"item":1}'`,
    ],
    options: [
      new Option("--method <method>", "how to ask").choices(METHODS).default("GET"),
      option("--header <name: value...>", "headers of the request"),
      option("--body <text>", "body of the request, at most 64 KiB"),
      environmentOption(),
    ],
    run: async (session, flags, deployment, path = "/") => {
      const params = deploymentParams(session, flags, required(deployment));
      const headers = Object.fromEntries((flags.header ?? []).map(headerOf));
      const body = { method: flags.method, path, headers, ...(flags.body !== undefined && { body: flags.body }) };
      const tried = await ok(session.client.http.POST("/v1/deployments/{id}/try", { params, body }));
      session.print(tried, () => renderTried(tried));
      return tried.answer === null ? EXIT.unexpected : EXIT.ok;
    },
  });
}

function headerOf(text: string): [name: string, value: string] {
  const colon = text.indexOf(":");
  if (colon < 1) throw new CliError(EXIT.usage, `--header ${text} is not a header; allowed: name: value`);
  return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
}

/** Line breaks and colours of the answer itself stay; what could steer the terminal does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export function renderTried({ answer, silent, milliseconds }: Answer<"tryDeployment", 200>): string {
  if (answer === null) return `No answer: ${silent} (${milliseconds} ms)`;
  const by = answer.revision === null ? "the gateway itself" : `revision ${answer.revision}`;
  const where = answer.instance === null ? "" : `, instance ${answer.instance}`;
  return [
    `${answer.status} by ${by}${where} in ${milliseconds} ms`,
    ...answer.headers.map(({ name, value }) => `${name}: ${value}`),
    "",
    answer.encoding === "text" ? answer.body : `(base64) ${answer.body}`,
    ...(answer.truncated ? ["", "… and more, which was not read."] : []),
  ]
    .join("\n")
    .replaceAll(CONTROL, "\ufffd");
}
