import type { Command } from "commander";
import { addCommand, type Cli } from "../command.ts";
import { EXIT } from "../exit.ts";
import {
  checkDisk,
  checkFolder,
  checkNode,
  checkPorts,
  checkServer,
  checkTargets,
  type Finding,
} from "../local/doctor.ts";
import type { Session } from "../session.ts";

export function addDoctorCommand(cli: Cli, program: Command): void {
  addCommand(cli, program, {
    syntax: "doctor",
    description:
      "Look for what is wrong, and say what to do about it; also which targets (Docker, Kubernetes) the server could use. " +
      "A problem is exit code 4.",
    examples: ["sluice doctor", "sluice doctor --server https://sluice.example -o json"],
    run: async (session) => {
      const { io, client, dataDir, scope } = session;
      const server = await checkServer(client.url, dataDir, io.now);
      const isUp = server[0]?.ok === true;
      const ports = isUp ? [] : await checkPorts(io.environment);
      const targets = isUp ? await checkTargets(client, scope) : [];
      const findings = [
        checkNode(process.versions.node),
        checkFolder(dataDir),
        checkDisk(dataDir),
        ...ports,
        ...server,
        ...targets,
      ];
      session.print({ items: findings }, () => findings.flatMap((finding) => render(session, finding)).join("\n"));
      return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.refused;
    },
  });
}

const render = ({ colors }: Session, { check, ok, message, remedy }: Finding): string[] => [
  `${ok ? colors.green("✔") : colors.red("✖")} ${check}: ${message}`,
  ...(remedy === null ? [] : [`    ${remedy}`]),
];
