import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestResult } from "@sluice/core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { CandidateTestRun } from "../candidate-test.types.ts";
import { type Candidate, startHttp, startServer, testCandidates } from "../testing/candidate.ts";
import { type Flaws, SECURITY_OPTIONS, secureCandidate } from "../testing/secure.candidate.ts";

const CHECKS = [
  "authentication",
  "authorisation",
  "transport",
  "headers",
  "error-disclosure",
  "limits",
  "audit",
  "dependencies",
];

const running: Candidate[] = [];
let folder = "";
let certificate = { key: "", cert: "" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-security-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
  await promisify(execFile)("openssl", [
    "req",
    "-x509",
    ...curve,
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=candidate",
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  certificate = { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(running.splice(0).map((candidate) => candidate.close()));
});

async function startCandidate(flaws: Flaws = {}): Promise<Candidate> {
  const log: string[] = [];
  const candidate = await startHttp(secureCandidate((line) => log.push(line), flaws));
  const withLog = { ...candidate, log };
  running.push(withLog);
  return withLog;
}

type Given = Partial<Pick<CandidateTestRun, "version" | "osvFolder" | "now">> & { security?: object };

async function examine(candidate: Candidate, { security = {}, ...run }: Given = {}): Promise<Map<string, TestResult>> {
  const options = { securityTest: true, security: { ...SECURITY_OPTIONS, ...security } };
  const results = await testCandidates([candidate], options, run);
  expect(results.map(({ name }) => name)).toEqual(CHECKS.map((check) => `security/${check}`));
  return new Map(results.map((result) => [result.name.replace("security/", ""), result]));
}

const statuses = (results: Map<string, TestResult>) => [...results.values()].map(({ status }) => status);

const spec = (sbom: object) =>
  ({ command: ["program"], env: {}, sbom: { bomFormat: "CycloneDX", ...sbom } }) as CandidateTestRun["version"];
const lodash = (version: string) =>
  spec({ components: [{ name: "lodash", version, purl: `pkg:npm/lodash@${version}` }] });

async function osvFolder(name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, "npm"), { recursive: true });
  const entry = {
    id: "GHSA-35jh-r3h4-6jhm",
    aliases: ["CVE-2021-23337"],
    database_specific: { severity: "HIGH" },
    affected: [
      {
        package: { ecosystem: "npm", name: "lodash" },
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "4.17.21" }] }],
      },
    ],
  };
  await writeFile(join(path, "npm", "GHSA-35jh-r3h4-6jhm.json"), JSON.stringify(entry));
  await writeFile(join(path, "npm", "broken.json"), "{");
  return path;
}

test("a candidate that does everything right passes all eight checks", async () => {
  const given = { version: lodash("4.17.21"), osvFolder: await osvFolder("good") };
  const results = await examine(await startCandidate(), given);
  expect([...results.values()].map(({ name, status, message }) => [name, status, message])).toEqual(
    CHECKS.map((check) => [`security/${check}`, "passed", expect.stringMatching(/\.$/)]),
  );
  expect(JSON.stringify([...results.values()])).not.toContain('low-privilege"');
});

test.each<[string, Flaws, RegExp]>([
  ["authentication", { open: true }, /without credentials it answered 200, and with a wrong token it answered 200/],
  ["authentication", { believesAnyToken: true }, /but with a wrong token it answered 200/],
  ["authorisation", { everybodyIsAdmin: true }, /answered 200 to the low-privilege token/],
  ["authorisation", { forgetsTokens: true }, /answered 401 .*the token itself was refused/],
  ["headers", { contentTypeOptions: null }, /x-content-type-options is missing/],
  ["headers", { contentTypeOptions: "sniff" }, /x-content-type-options is "sniff", allowed: nosniff/],
  ["error-disclosure", { tellsStack: true }, /malformed JSON tells a JavaScript stack trace/],
  ["error-disclosure", { banner: true }, /header server: Shop\/1\.4\.2/],
  ["limits", { trace: true }, /the method TRACE was answered with 200/],
  [
    "limits",
    { bottomless: true },
    /POST with 100001 bytes was answered with 200 instead of 413; POST with 100001 bytes in chunks/,
  ],
  ["limits", { stumblesOverBodies: true }, /was answered with 500 instead of 413/],
])("%s fails for %j, and nothing else does", async (check, flaws, reason) => {
  const results = await examine(await startCandidate(flaws));
  const failures = [...results].filter(([, { status }]) => status === "failed" || status === "error");
  expect(failures.map(([name]) => name)).toEqual([check]);
  expect(results.get(check)?.message).toMatch(reason);
});

test("limits fails for a candidate that a long body kills", async () => {
  const candidate = await startCandidate({ dies: () => void candidate.close() });
  const results = await examine(candidate);
  expect(results.get("limits")).toMatchObject({
    status: "failed",
    message: expect.stringContaining("the usual request afterwards was not answered"),
  });
});

test("audit fails for a candidate that leaves no line, however many such lines it had before", async () => {
  const candidate = await startCandidate({ silent: true });
  candidate.log.push('{"event":"payment"}', '{"event":"payment"}');
  const results = await examine(candidate);
  expect(results.get("audit")).toMatchObject({
    status: "failed",
    message: expect.stringMatching(/none of 0 new lines .* matched/),
  });
});

test("what is not declared is skipped, and says so", async () => {
  const undeclared = {
    protectedPath: null,
    privilegedPath: null,
    lowPrivilegeHeaders: null,
    auditPath: null,
    auditPattern: null,
  };
  const results = await examine(await startCandidate(), { security: undeclared });
  expect(statuses(results)).toEqual([
    "skipped",
    "skipped",
    "passed",
    "passed",
    "passed",
    "passed",
    "skipped",
    "skipped",
  ]);
  expect(results.get("dependencies")?.message).toContain("the version has no SBOM");
});

test("a candidate whose paths do not exist is not protected by that", async () => {
  const results = await examine(await startCandidate(), { security: { protectedPath: "/nowhere" } });
  expect(results.get("authentication")).toMatchObject({
    status: "failed",
    message: expect.stringContaining("it answered 404"),
  });
});

test("TLS that is declared native is tried", async () => {
  const log: string[] = [];
  const candidate = {
    ...(await startServer(
      createTlsServer(
        certificate,
        secureCandidate((line) => log.push(line)),
      ),
    )),
    log,
  };
  running.push(candidate);
  const native = await examine(candidate, { security: { tls: "native" } });
  expect(native.get("transport")).toMatchObject({
    status: "passed",
    message: expect.stringMatching(/^It spoke TLSv1\.3/),
  });
  expect(statuses(native)).toEqual([...Array(7).fill("passed"), "skipped"]);
  const nextWeek = Date.now() + 7 * 86_400_000;
  const expired = await examine(candidate, { security: { tls: "native" }, now: () => nextWeek });
  expect(expired.get("transport")).toMatchObject({ status: "failed", message: expect.stringContaining("not now") });
});

test("TLS that is declared and not there fails, and so does declaring nobody", async () => {
  const candidate = await startCandidate();
  const [check] = await testCandidates([candidate], { securityTest: true, security: { tls: "native" } }).then(
    (results) => results.filter(({ name }) => name === "security/transport"),
  );
  expect(check).toMatchObject({ status: "failed", message: expect.stringContaining("handshake") });
  const none = await examine(candidate, { security: { tls: "none" } });
  expect(none.get("transport")).toMatchObject({ status: "failed" });
  const mesh = await examine(candidate, { security: { tls: "mesh" } });
  expect(mesh.get("transport")).toMatchObject({ status: "passed" });
});

test("a package with a known vulnerability fails from the severity that was asked for", async () => {
  const candidate = await startCandidate();
  const given = { version: lodash("4.17.20"), osvFolder: await osvFolder("bad") };
  const found = (await examine(candidate, given)).get("dependencies");
  expect(found).toMatchObject({ status: "failed", metrics: { components: 1, entries: 1, high: 1, critical: 0 } });
  expect(found?.message).toMatch(/lodash 4\.17\.20 has GHSA-35jh-r3h4-6jhm \(high\); it passes without/);
  const milder = await examine(candidate, { ...given, security: { failOn: "critical" } });
  expect(milder.get("dependencies")).toMatchObject({ status: "passed", message: expect.stringContaining("1 milder") });
});

test("a check of dependencies that is required and not possible fails", async () => {
  const candidate = await startCandidate();
  const security = { requireDependencyCheck: true };
  expect((await examine(candidate, { security })).get("dependencies")?.message).toContain("the version has no SBOM");
  const noFolder = await examine(candidate, { security, version: lodash("4.17.20") });
  expect(noFolder.get("dependencies")).toMatchObject({
    status: "failed",
    message: expect.stringContaining("SLUICE_OSV_DIR"),
  });
});

test.each([
  ["no SBOM", { version: spec({ bomFormat: "SPDX" }) }, "failed", /bomFormat is "SPDX"/],
  ["a folder that is not there", { version: lodash("1.0.0"), osvFolder: "/nonexistent/osv" }, "error", /ENOENT/],
] as const)("%s is said, not passed over", async (_what, given, status, reason) => {
  const results = await examine(await startCandidate(), { osvFolder: await osvFolder("unused"), ...given });
  expect(results.get("dependencies")).toMatchObject({ status, message: expect.stringMatching(reason) });
});
