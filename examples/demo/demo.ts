/**
 * `npm run demo`: starts Sluice, delivers a small real program, and shows a canary that goes well and two that do not,
 * on real traffic. Leaves everything running.
 */
import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { createClient, type Rollout } from "@sluice/client";
import { Load } from "./load.ts";
import { heading, line, summary } from "./report.ts";
import { canary, clear, deliver, register } from "./story.ts";

const CLI = new URL("../../packages/cli/src/main.ts", import.meta.url).pathname;
const REQUESTS_PER_SECOND = 200;

const begun = performance.now();
const { url, gatewayUrl } = await start();
const sluice = createClient({ url });

heading("Deliver 1.0.0");
await clear(sluice);
await register(sluice);
const { deployment, rollout: first } = await deliver(sluice);
line(`revision 1 serves at ${gatewayUrl}/greeter (${first.phase})`);

const load = new Load(`${gatewayUrl}/greeter`);
load.start(REQUESTS_PER_SECOND);
line(`${REQUESTS_PER_SECOND} requests a second begin, and do not stop until the end`);
// The guard learns what stable's latency looks like from traffic before the canary.
await new Promise((resolve) => setTimeout(resolve, 6_000));

const chapters = [];
for (const [title, version] of [
  ["Canary 1.1.0, a good version", "1.1.0"],
  ["Canary 1.2.0, which answers every request with an error", "1.2.0"],
  ["Canary 1.3.0, which answers a third of a second late", "1.3.0"],
] as const) {
  heading(title);
  chapters.push(await canary(sluice, load, { title, deployment: deployment.id, version, onUpdate: narrator() }));
}
load.stop();

heading("What happened");
summary(chapters);
line(`\nAll of it took ${Math.round((performance.now() - begun) / 1_000)} s. Everything is still running:`);
line(`  the program      ${gatewayUrl}/greeter`);
line(`  the API          ${url}/docs`);
line("  its history      npx sluice rollout list");
line("  a live picture   npx sluice rollout watch <id>");
line("  the audit chain  npx sluice audit verify");
line("  to stop it all   npx sluice down");

/** Starts the server and the gateway in the background, or finds them running. */
async function start(): Promise<{ url: string; gatewayUrl: string }> {
  heading("Start Sluice");
  await new Promise<void>((resolve, reject) => {
    const up = spawn(process.execPath, [CLI, "up"], { stdio: "inherit" });
    up.on("error", reject);
    up.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`sluice up ended with ${code}`))));
  });
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "status", "-o", "json"]);
  return JSON.parse(stdout);
}

/** Prints a line whenever the rollout does something new. */
function narrator(): (rollout: Rollout) => void {
  let last = "";
  return (rollout) => {
    const now = `${rollout.phase} ${rollout.weight}`;
    if (now === last) return;
    last = now;
    const share = rollout.phase === "shifting" ? `, ${rollout.weight} % of traffic` : "";
    line(`${rollout.phase.replaceAll("_", " ")}${share}${rollout.reason === null ? "" : `: ${rollout.reason}`}`);
  };
}
