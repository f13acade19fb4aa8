import { VULNERABILITY_SEVERITIES } from "@sluice/core";
import type { Finding } from "../osv/findings.ts";
import { readCycloneDx, type Sbom } from "../osv/sbom.ts";
import { scanFolder } from "../osv/scan.ts";
import { atLeast } from "../osv/severity.ts";
import { failed, type Outcome, passed, skipped, type TestContext } from "../planned.ts";

/** Findings that the sentence names; the log has more of them. */
const NAMED = 5;

/** (8) No package of the version's SBOM has a known vulnerability of the severity that fails, or worse. */
export async function dependencies({ run, signal }: TestContext): Promise<Outcome> {
  const { requireDependencyCheck, failOn } = run.options.security;
  const missing = (what: string): Outcome =>
    requireDependencyCheck
      ? failed(`Dependencies must be checked, but ${what}.`)
      : skipped(`Not checked, because ${what}; with requireDependencyCheck that would have failed.`);
  if (run.version.sbom === undefined) return missing("the version has no SBOM");
  if (run.osvFolder === null) return missing("the server has no folder of OSV entries (SLUICE_OSV_DIR)");
  let sbom: Sbom;
  try {
    sbom = readCycloneDx(run.version.sbom);
  } catch (error) {
    return failed(`The version's SBOM cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (sbom.components.length === 0) {
    return missing(
      `none of the SBOM's ${sbom.unknown} components has a package URL with a version of a known ecosystem`,
    );
  }
  const { entries, unreadable, findings, undecided } = await scanFolder(
    { folder: run.osvFolder, components: sbom.components },
    signal,
  );
  if (entries === 0)
    throw new Error(`the folder of OSV entries (SLUICE_OSV_DIR) holds none (${unreadable} other files)`);
  const sorted = findings.toSorted((left, right) => rank(right) - rank(left));
  const bad = sorted.filter(({ severity }) => atLeast(severity, failOn));
  const logs = [
    `${sbom.components.length} components looked up in ${entries} entries; ${sbom.unknown} components are of no known package, ${unreadable} files are no entry, ${undecided} comparisons of versions were not possible`,
    ...sorted.map(describe),
  ];
  const metrics = {
    components: sbom.components.length,
    unknownComponents: sbom.unknown,
    entries,
    undecided,
    ...Object.fromEntries(
      VULNERABILITY_SEVERITIES.map((severity) => [
        severity,
        findings.filter((one) => one.severity === severity).length,
      ]),
    ),
  };
  const looked = `${sbom.components.length} components of the SBOM were looked up in ${entries} entries`;
  return bad.length === 0
    ? passed(
        `${looked}: none has a vulnerability of severity ${failOn} or worse (${findings.length} milder); one would have failed it.`,
        { logs, metrics },
      )
    : failed(
        `${looked}: ${bad.slice(0, NAMED).map(describe).join(", ")}${bad.length > NAMED ? ` and ${bad.length - NAMED} more` : ""}; it passes without vulnerabilities of severity ${failOn} or worse.`,
        { logs, metrics },
      );
}

const rank = ({ severity }: Finding): number => VULNERABILITY_SEVERITIES.indexOf(severity);

const describe = ({ component, ids, severity, rated }: Finding): string =>
  `${component.name} ${component.version} has ${ids[0]} (${severity}${rated ? "" : ", because nobody has rated it"})`;
