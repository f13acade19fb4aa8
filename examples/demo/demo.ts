/**
 * `npm run demo`: starts Sluice, delivers a small real program, and shows on real traffic what stops a version: a gate, its tests,
 * a person who has not said yes, errors, slowness; and what a good one passes. Leaves everything running.
 */
import type { Rollout } from "@sluice/client";
import { Load } from "./load.ts";
import { narrator } from "./narrator.ts";
import { hire, type Staff } from "./people.ts";
import { heading, item, line, secondsSoFar, summary } from "./report.ts";
import { start } from "./start.ts";
import { type Chapter, canaryOf, clear, createGate, deliver, evaluate, register, removeGate, roll } from "./story.ts";

const REQUESTS_PER_SECOND = 200;

heading("Start Sluice");
const { admin, gatewayUrl } = await start();
line("ready", `server, gateway and PostgreSQL run; watch it at ${admin.url}`);
const staff = await hire(admin);
const asker = staff.ada.sluice;

heading("Deliver 1.0.0");
await clear(admin);
await register(admin);
const { deployment, rollout: first } = await deliver(asker);
line(first.phase, `revision 1 serves at ${gatewayUrl}/greeter`);
const load = new Load(`${gatewayUrl}/greeter`);
load.start(REQUESTS_PER_SECOND);
line("traffic", `${REQUESTS_PER_SECOND} requests a second begin, and do not stop until the end`);
await evaluate(admin, "1.0.0", 0.92);
await createGate(admin);
line("gate", "from now on a version needs an accuracy of 0.9 on the dataset smoke");
// The guard learns what stable's latency looks like from traffic before the canary.
await new Promise((resolve) => setTimeout(resolve, 5_000));

const chapters: Chapter[] = [];
await chapter("1.1.0-rc.1, which a gate stops", { version: "1.1.0-rc.1", accuracy: 0.71, tested: true });
await chapter("1.1.0-rc.2, which its tests stop", { version: "1.1.0-rc.2", accuracy: 0.94, tested: true });
await chapter("1.1.0, a good version", { version: "1.1.0", accuracy: 0.94, tested: true, approved: true });
await chapter("1.2.0, untested: answers every request with an error", { version: "1.2.0", accuracy: 0.95 });
await chapter("1.3.0, untested: answers a third of a second late", { version: "1.3.0", accuracy: 0.95 });
load.stop();
await removeGate(admin);
await staff.leave();

heading("What happened");
summary(chapters);

heading(`All of it took ${Math.round(secondsSoFar())} s. Everything is still running:`);
item("the program", `${gatewayUrl}/greeter`);
item("the console", admin.url);
item("the API", `${admin.url}/docs`);
item("its history", "npx sluice rollout list");
item("one of them", `npx sluice rollout get ${chapters.at(-1)?.rollout.id}`);
item("who did what", "npx sluice audit list");
item("to stop it all", "npx sluice down");

interface Plot {
  version: string;
  /** What its evaluation found. */
  accuracy: number;
  tested?: boolean;
  /** Whether somebody has to say yes before it gets all traffic. */
  approved?: boolean;
}

async function chapter(title: string, { version, accuracy, tested = false, approved = false }: Plot): Promise<void> {
  heading(title);
  await evaluate(admin, version, accuracy);
  const tell = narrator();
  let asked: Promise<void> | undefined;
  const onUpdate = (rollout: Rollout): void => {
    tell(rollout);
    if (rollout.allowedCommands.includes("approve")) asked ??= approve(staff, rollout);
  };
  const strategy = canaryOf({ tested, approved });
  chapters.push(await roll(asker, load, { deployment: deployment.id, version, strategy, onUpdate }));
  await asked;
}

/** Four eyes: who asked for the rollout is refused, somebody else is heard. */
async function approve({ ada, grace }: Staff, { id, weight }: Rollout): Promise<void> {
  line("approval", `at ${weight} % it waits for somebody to approve; meanwhile it is watched as before`);
  const say = ({ sluice }: Staff["ada"], comment: string) =>
    sluice.http.POST("/v1/rollouts/{id}/{command}", {
      params: { path: { id, command: "approve" } },
      body: { comment },
    });
  await say(ada, "mine is fine").catch((error: Error) => line("", `ada: refused, ${error.message}`));
  await say(grace, "looks good");
  line("", "grace: approved, looks good");
}
