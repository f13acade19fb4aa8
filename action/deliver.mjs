// The step of action.yml that delivers: inputs from the environment become one `sluice deploy create`.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const SLUICE = fileURLToPath(new URL("../packages/cli/bin/sluice.mjs", import.meta.url));
const { env } = process;

/** Inputs that are handed on as the option of the same name; empty ones are left out. */
const OPTIONS = [
  ...["name", "environment", "version", "artifact", "kind", "image", "command", "file", "config", "replicas"],
  ...["route", "strategy"],
];
const options = OPTIONS.flatMap((name) => {
  const value = env[`INPUT_${name.toUpperCase()}`] ?? "";
  return value === "" ? [] : [`--${name}=${value}`];
});
const waits = env.INPUT_WAIT !== "false";
const waiting = waits ? ["--wait", ...(env.INPUT_TIMEOUT ? [`--timeout=${env.INPUT_TIMEOUT}`] : [])] : [];

const child = spawn(process.execPath, [SLUICE, "deploy", "create", ...options, ...waiting, "--output=json"], {
  stdio: ["ignore", "pipe", "inherit"],
});
let printed = "";
child.stdout.on("data", (chunk) => (printed += chunk));
child.on("close", (code) => {
  process.exitCode = code ?? 1;
  if (printed === "") return;
  const { deployment, rollout } = JSON.parse(printed);
  const url = deployment.endpoints?.external ?? "";
  write(env.GITHUB_OUTPUT, `rollout=${rollout?.id ?? ""}\nphase=${rollout?.phase ?? ""}\nurl=${url}\n`);
  const what = `**${deployment.name}** ${env.INPUT_VERSION ?? ""} in ${deployment.environment}`;
  const how = rollout === null ? "is as wanted already" : `${rollout.phase.replaceAll("_", " ")} (${rollout.id})`;
  write(env.GITHUB_STEP_SUMMARY, `${what}: ${how}\n${rollout?.reason ? `\n> ${rollout.reason}\n` : ""}`);
  process.stdout.write(`${what.replaceAll("*", "")}: ${how}\n${rollout?.reason ? `${rollout.reason}\n` : ""}`);
});

function write(file, text) {
  if (file) appendFileSync(file, text);
}
