import { plainSecrets } from "@sluice/core";
import type { Check, CheckContext } from "../checks.ts";
import { fail, pass, whenStrict } from "./finding.ts";

/** What makes a candidate easy to attack, as far as its declaration shows it. */
export const securityChecks: readonly Check[] = [
  {
    name: "plain-secrets",
    type: "security",
    severity: { basic: "low", standard: "medium", strict: "high" },
    async run(context) {
      const names = plainSecrets(variablesOf(context));
      if (names.length === 0) return pass("no variable holds a secret in clear text, as far as names and shapes tell");
      const one = names.length === 1;
      return fail(
        `${names.join(", ")} ${one ? "holds a secret" : "hold secrets"} in clear text, which everybody who may read the deployment can read; write ${one ? "it" : "them"} as ${one ? "a secret" : "secrets"} and bind ${one ? "it" : "them"} by config.secrets instead (sluice secret set)`,
      );
    },
  },
  {
    name: "listens-locally",
    type: "security",
    severity: { basic: "low", standard: "low", strict: "medium" },
    async run(context) {
      const { target, spec } = context.candidate;
      if (target.type !== "process" || !("env" in spec)) return null;
      const told = openListener(variablesOf(context), spec.command ?? []);
      return told === null
        ? pass("nothing tells the program to listen beyond this machine")
        : fail(`${told} lets everybody reach the program past the gateway and its guard; 127.0.0.1 is enough`);
    },
  },
  {
    name: "image",
    type: "security",
    severity: { basic: "low", standard: "medium", strict: "high" },
    async run({
      candidate: {
        target: { type: target },
        spec,
      },
    }) {
      if (!("image" in spec) || spec.image === undefined || (target !== "docker" && target !== "kubernetes"))
        return null;
      const { image } = spec;
      const said = imageReference(image);
      if (said === "digest") return pass(`image ${image} is named by its digest and cannot change`);
      if (said === "tag") return { ...pass(`image ${image} is named by a tag; a digest could not be moved`) };
      return fail(
        `image ${image} means whatever is newest when an instance starts; name a tag, or better a digest (@sha256:…)`,
      );
    },
  },
  {
    name: "shell",
    type: "security",
    severity: "low",
    async run({ candidate: { spec, environment } }) {
      if (!("command" in spec) || spec.command === undefined) return null;
      const { command } = spec;
      return whenStrict(environment.validationLevel, () =>
        isShellLine(command)
          ? fail(
              `the command is a line for ${command[0]}, which swallows signals and expands what it is given; name the program itself, or begin the line with exec`,
            )
          : pass("the command names a program, not a line for a shell"),
      );
    },
  },
];

/** The configuration's variables win over the version's, as for the program. */
function variablesOf({ candidate: { spec, config } }: CheckContext): Record<string, string> {
  return { ...("env" in spec ? spec.env : {}), ...config.env };
}

const EVERYWHERE = /^(0\.0\.0\.0|\[?::\]?)(:\d+)?$/;
const LISTENER = /HOST|BIND|LISTEN|ADDR/i;
const LISTENER_FLAG = /^--?(host|bind|listen|address|bind-address|b)(=(.*))?$/;

/** The variable or flag that tells the program to listen on every interface; null when none does. */
function openListener(variables: Record<string, string>, command: readonly string[]): string | null {
  const variable = Object.entries(variables).find(([name, value]) => LISTENER.test(name) && EVERYWHERE.test(value));
  if (variable !== undefined) return `${variable[0]}=${variable[1]}`;
  for (const [index, word] of command.entries()) {
    const flag = LISTENER_FLAG.exec(word);
    const value = flag?.[3] ?? command[index + 1] ?? "";
    if (flag !== null && EVERYWHERE.test(value)) return `${flag[1] === undefined ? word : `--${flag[1]}`} ${value}`;
  }
  return null;
}

/** How a container image is named: by what it is, by a name that may move, or by nothing. */
function imageReference(image: string): "digest" | "tag" | "nothing" {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return "digest";
  const tag = /:([\w.-]+)$/.exec(image.slice(image.lastIndexOf("/") + 1))?.[1];
  return tag === undefined || tag === "latest" ? "nothing" : "tag";
}

const SHELLS = /^(.*\/)?(sh|bash|dash|zsh|ksh|ash)$/;

const isShellLine = ([program = "", ...args]: readonly string[]): boolean => {
  const flag = args.findIndex((arg) => /^-\w*c$/.test(arg));
  return SHELLS.test(program) && flag !== -1 && !/^\s*exec\s/.test(args[flag + 1] ?? "");
};
