import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillTemplates, type ScanStep, SluiceError } from "@sluice/core";
import { commandFolder } from "@sluice/runtimes";
import { readCycloneDx } from "../../candidate-test/osv/sbom.ts";
import { scanFolder } from "../../candidate-test/osv/scan.ts";
import { atLeast } from "../../candidate-test/osv/severity.ts";
import { artifactsOf } from "./command.order.ts";
import { commandName } from "./command.paths.ts";
import type { Fly } from "./flight.step.ts";
import { failed, type StepContext, type StepDeps, succeeded } from "./step.types.ts";

/** Findings that the reason names. */
const NAMED = 5;

/** Looks up every component of an SBOM among known vulnerabilities; fails at one of the severity that is asked for, or worse. */
export const scan =
  (deps: StepDeps): Fly =>
  async (context, signal) => {
    const { stage, values } = context;
    if (stage.scan === undefined) throw new TypeError(`stage ${stage.name} scans nothing`);
    const step = fillTemplates(stage.scan, values);
    if (deps.osvDir === null) {
      throw new SluiceError("failed_precondition", "the server has no folder of OSV entries (SLUICE_OSV_DIR)");
    }
    const { components, unknown } = readCycloneDx(await sbomOf(deps, context, step));
    if (components.length === 0) {
      return failed(`none of the SBOM's ${unknown} components has a package URL with a version of a known ecosystem`);
    }
    const { entries, findings } = await scanFolder({ folder: deps.osvDir, components }, signal);
    if (entries === 0) return failed("the folder of OSV entries (SLUICE_OSV_DIR) holds none");
    const bad = findings.filter(({ severity }) => atLeast(severity, step.failOn));
    const outputs = {
      ...{ components: String(components.length), entries: String(entries), findings: String(findings.length) },
      failing: String(bad.length),
    };
    if (bad.length === 0) return succeeded({ outputs });
    const named = bad
      .slice(0, NAMED)
      .map(
        (finding) =>
          `${finding.ids[0]} in ${finding.component.name} ${finding.component.version} (${finding.severity})`,
      );
    return failed(`${bad.length} vulnerabilities of severity ${step.failOn} or worse: ${named.join(", ")}`, {
      outputs,
    });
  };

async function sbomOf(deps: StepDeps, { stored }: StepContext, step: ScanStep): Promise<Record<string, unknown>> {
  const { principal, run } = stored;
  if (step.sbom === undefined) {
    const key = { project: run.project, name: step.artifact ?? "" };
    const { version } = await deps.services.artifacts.getVersion(principal, key, step.version ?? "");
    if ("sbom" in version.spec && isDocument(version.spec.sbom)) return version.spec.sbom;
    throw new SluiceError("failed_precondition", `version ${step.version} of ${step.artifact} has no SBOM`);
  }
  const { stage, artifact, path } = step.sbom;
  for (const { key, files } of await artifactsOf(deps, run, stage)) {
    const file = files.find((one) => one.name === artifact && one.path === path);
    if (file === undefined) continue;
    const { artifacts } = commandFolder(commandName(deps.dataDir, key).folder);
    return parsed(await readFile(join(artifacts, artifact, file.path), "utf8"), path);
  }
  throw new SluiceError("not_found", `the artifact ${artifact} of ${stage} has no file ${path}`);
}

const isDocument = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parsed(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isDocument(value)) return value;
  } catch {
    // Said below, as for any other document that is no object.
  }
  throw new SluiceError("invalid_argument", `${path} is not a document of JSON`);
}
