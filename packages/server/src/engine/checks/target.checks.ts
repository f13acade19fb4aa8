import { isRunnable, targetName } from "@sluice/core";
import type { Candidate, Check } from "../checks.ts";
import { type Finding, fail, pass } from "./finding.ts";

/** Whether this server can run the candidate where the environment says. */
export const targetChecks: readonly Check[] = [
  {
    name: "target",
    type: "environment",
    severity: "critical",
    async run({ candidate, targets, preflight }) {
      const { type: target } = candidate.target;
      if (!isRunnable(candidate.kind)) return pass(readOnce(candidate));
      if (target === "none") return pass("the environment runs nothing (target none)");
      if (!targets.has(target))
        return fail(`target ${target} is not available in this version; available: ${[...targets].join(", ")}`);
      const against = (await preflight?.(candidate.target, candidate.project)) ?? null;
      if (against !== null) return fail(`target ${targetName(candidate.target)}: ${against}`);
      return pass(`target ${target} is available`);
    },
  },
  {
    name: "runnable",
    type: "artifact",
    severity: "critical",
    async run({ candidate }) {
      const {
        kind,
        spec,
        target: { type: target },
        version,
      } = candidate;
      if (!isRunnable(kind) || target === "none") return null;
      if (target === "docker") return runsAsImage(candidate);
      // What each of these kinds needs to become a program is asked by its own checks.
      const servesFiles = kind === "model" && "files" in spec;
      if ((kind === "pipeline" || servesFiles) && target === "process") return null;
      if ((kind === "pipeline" || servesFiles) && target === "kubernetes") return null;
      if (kind === "pipeline" || servesFiles) {
        return fail(`a ${kind} cannot be run on target ${target} in this version; what runs: application, agent`);
      }
      if (target === "kubernetes") return runsInCluster(candidate);
      const command = "command" in spec ? spec.command : undefined;
      if (target === "process" && command === undefined) {
        return fail(`version ${version} has an image and no command; target process runs commands`);
      }
      return pass(`version ${version} can run on target ${target}`);
    },
  },
];

/** Of what is read and runs nowhere: that targets, and waves over several of them, mean nothing to it. */
function readOnce({ kind, environment: { targets } }: Candidate): string {
  const read = `a ${kind} is resolved, not run: no target is needed`;
  if (targets.length < 2) return read;
  return `${read}, and for all ${targets.length} of this environment it is delivered once, without waves`;
}

/** Pods run images, and their autoscaler counts in what was requested. */
function runsInCluster(candidate: Candidate): Finding {
  const image = needsImage(candidate);
  if (image !== null) return image;
  const { version, config } = candidate;
  const { scaling, resources } = config;
  const wanting = (["cpu", "memory"] as const).find(
    (resource) =>
      scaling?.[resource === "cpu" ? "targetCpu" : "targetMemory"] !== undefined &&
      (resources.requests?.[resource] ?? resources.limits?.[resource]) === undefined,
  );
  if (wanting !== undefined)
    return fail(`scaling follows the ${wanting} that was requested; resources.requests.${wanting} says nothing`);
  if (config.healthCheck.heartbeatSeconds !== undefined)
    return fail("healthCheck.heartbeatSeconds cannot be watched on target kubernetes: nobody looks into a pod's files");
  return pass(`version ${version} can run on target kubernetes`);
}

/** Docker runs images, and nothing that has to be made of files of this machine. */
function runsAsImage(candidate: Candidate): Finding {
  const {
    kind,
    spec,
    target: { type: target },
    version,
  } = candidate;
  if (kind === "pipeline")
    return fail(`a pipeline works on nodes of its own; target ${target} has none: use process or kubernetes`);
  if (kind === "model" && "files" in spec)
    return fail(
      `the files of a model are served by a program of ours; target ${target} runs images: name one that serves it`,
    );
  const image = needsImage(candidate);
  if (image !== null) return image;
  return pass(`version ${version} can run on target ${target}`);
}

/** Null when there is one, and nothing of this machine is asked of it. */
function needsImage({ spec, target: { type: target }, version }: Candidate): Finding | null {
  if (!("image" in spec) || spec.image === undefined)
    return fail(`version ${version} has a command and no image; target ${target} runs images`);
  if (spec.workdir !== undefined && !spec.workdir.startsWith("/"))
    return fail(
      `workdir ${spec.workdir} is a folder of this machine; target ${target} needs an absolute path in the image`,
    );
  return null;
}
