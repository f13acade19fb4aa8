import { parentPort } from "node:worker_threads";
import { type JudgeTask, judge } from "./judge.tasks.ts";

/** A thread that judges one task after the other until it is terminated. */
parentPort?.on("message", (task: JudgeTask) => parentPort?.postMessage(judge(task)));
// What it needs is loaded: from here on the time counts.
parentPort?.postMessage("ready");
