import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { testIo } from "../testing/io.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-judge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

async function judge(args: string[], options: Parameters<typeof testIo>[0] = {}) {
  const io = testIo(options);
  return { exitCode: await run(["judge", ...args], io), out: io.out(), err: io.err() };
}

const ramp = (from: number): number[] => Array.from({ length: 20 }, (_, index) => from + index);
const control = file("control.json", { latency: ramp(100), errors: ramp(1) });
const slower = file("slower.json", { latency: ramp(200), errors: ramp(1) });

describe("sluice judge compare", () => {
  test("says JSON to programs and a table to people, and ends with what it found", async () => {
    const worse = await judge(["compare", "--control", control, "--candidate", slower]);
    expect(worse.exitCode).toBe(EXIT.worse);
    expect(JSON.parse(worse.out)).toMatchObject({
      verdict: "worse",
      score: 50,
      metrics: [{ classification: "High" }, {}],
    });
    const same = await judge(["compare", "--control", control, "--candidate", control], { isTTY: true });
    expect(same.exitCode).toBe(EXIT.ok);
    expect(same.out).toMatch(/^METRIC +CLASS/);
    const yaml = await judge(["compare", "--control", control, "--candidate", slower, "-o", "yaml"]);
    expect(yaml.out).toMatch(/^mode: sluice\n/);
  });

  test("asks what it is told: metrics, direction, tolerance, confidence, looks", async () => {
    const about = (...args: string[]) => judge(["compare", "--control", control, "--candidate", slower, ...args]);
    expect((await about("--metric", "errors")).exitCode).toBe(EXIT.ok);
    expect((await about("--direction", "decrease")).exitCode).toBe(EXIT.ok);
    expect((await about("--direction", "latency=decrease")).exitCode).toBe(EXIT.ok);
    expect((await about("--tolerance", "1.5")).exitCode).toBe(EXIT.ok);
    const { out } = await about("--confidence", "0.9", "--looks", "5");
    expect(JSON.parse(out).metrics[0].confidence).toBeCloseTo(0.99, 12);
  });

  test("has no verdict without enough points, or when one side lacks a metric", async () => {
    const few = file("few.json", [1, null, 3]);
    const found = await judge(["compare", "--control", few, "--candidate", few, "--nan", "remove"]);
    expect(JSON.parse(found.out).metrics[0]).toMatchObject({ dropped: { control: 1, candidate: 1 } });
    const other = await judge(["compare", "--control", control, "--candidate", few]);
    expect(other.exitCode).toBe(EXIT.noVerdict);
  });

  test("reproduces Kayenta, mends it, and lets the score decide", async () => {
    const kayenta = (...args: string[]) =>
      judge(["compare", "--control", control, "--candidate", slower, "--mode", "kayenta", ...args]);
    expect((await kayenta("--weight", "latency=20")).exitCode).toBe(EXIT.noVerdict);
    expect((await kayenta("--weight", "latency=20", "--pass", "80")).exitCode).toBe(EXIT.ok);
    expect((await kayenta("--weight", "latency=20", "--critical", "latency")).exitCode).toBe(EXIT.worse);
    expect((await kayenta("--tolerance", "2", "--mend", "relative-tolerance")).exitCode).toBe(EXIT.ok);
  });

  test("takes one side from the standard input", async () => {
    const found = await judge(["compare", "--control", control, "--candidate", "-", "--metric", "latency"], {
      input: JSON.stringify({ latency: ramp(100) }),
    });
    expect(found.exitCode).toBe(EXIT.ok);
  });

  test.each([
    [["--control", "-", "--candidate", "-"], "only one can be the standard input"],
    [["--control", "/nonexistent.json", "--candidate", control], "cannot read /nonexistent.json"],
    [["--control", control, "--candidate", control, "--mend", "minimum-points"], "--mend is for --mode kayenta"],
    [["--control", control, "--candidate", control, "--remove-outliers"], "--remove-outliers is for --mode kayenta"],
    [
      ["--control", control, "--candidate", control, "--mode", "kayenta", "--looks", "2"],
      "--looks is for --mode sluice",
    ],
    [["--control", control, "--candidate", control, "--confidence", "1"], "confidence is 1; allowed"],
    [["--control", control, "--candidate", control, "--tolerance", "x"], "Expected a number from 0 to 10."],
    [["--control", control, "--candidate", control, "--direction", "up"], "Expected increase, decrease, either"],
    [["--control", control, "--candidate", control, "--weight", "latency=lots"], '--weight latency is "lots"; allowed'],
    [["--control", control, "--candidate", control, "--weight", "latancy=1"], 'weights is "latancy"; allowed: one of'],
    [["--control", control, "--candidate", control, "--mode", "kayenta", "--pass", "50"], "--marginal is 75; allowed"],
    [["--control", control], "required option '--candidate <file>' not specified"],
  ])("%j is a usage error that says what is allowed", async (args, message) => {
    const { exitCode, err } = await judge(["compare", ...args]);
    expect(err).toContain(message);
    expect(exitCode).toBe(EXIT.usage);
  });
});

const event = (arm: string, ok: boolean, more = {}) => JSON.stringify({ arm, ok, ...more });
const broken = [...Array(8).keys()].flatMap(() => [
  event("candidate", false),
  event("stable", true),
  event("stable", true),
]);
const healthy = [...Array(8).keys()].flatMap(() => [event("candidate", true), event("stable", true)]);

describe("sluice judge stream", () => {
  test("prints the evidence after each event, and ends with what it found", async () => {
    const found = await judge(["stream", "-", "--alpha", "0.01"], { input: `${broken.join("\n")}\n` });
    const reports = found.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(reports.map(({ events }) => events)).toEqual(broken.map((_, index) => index + 1));
    expect(reports.at(-1)).toMatchObject({ verdict: "rollback", closed: { metric: "error_rate" } });
    expect(found.exitCode).toBe(EXIT.worse);
    const every = await judge(["stream", file("healthy.ndjson", `${healthy.join("\n")}\n`), "--every", "10"]);
    expect(
      every.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).events),
    ).toEqual([10, 16]);
    expect(every.exitCode).toBe(EXIT.ok);
  });

  test("stops at the verdict when told to, and draws a table for people", async () => {
    const found = await judge(["stream", "-", "--stop"], {
      input: [...broken, "not an event"].join("\n"),
      isTTY: true,
    });
    expect(found.out).toMatch(/^verdict +rollback/);
    expect(found.exitCode).toBe(EXIT.worse);
  });

  test("has no verdict on nothing, and holds when the split is not the nominal one", async () => {
    expect((await judge(["stream", "-"], { input: "\n\n" })).exitCode).toBe(EXIT.noVerdict);
    // edge case 46
    const skewed = Array.from({ length: 400 }, (_, index) =>
      event(index % 2 ? "candidate" : "stable", true, { weight: 5 }),
    );
    const found = await judge(["stream", "-", "--every", "400"], { input: skewed.join("\n") });
    expect(JSON.parse(found.out)).toMatchObject({ verdict: "hold", sampleRatio: { doubted: true } });
    expect(found.exitCode).toBe(EXIT.noVerdict);
  });

  test("leaves out a last line that is cut off, and says so", async () => {
    // edge case 27
    const found = await judge(["stream", "-", "--every", "100"], { input: `${healthy.join("\n")}\n{"arm":"can` });
    expect(found.err).toContain("-:17: the last line is cut off and was left out");
    expect(JSON.parse(found.out).events).toBe(16);
  });

  test("has the options of a rollout's analysis", async () => {
    const found = await judge(
      [
        "stream",
        "-",
        "--every",
        "99",
        "--stake",
        "error_rate=0.6",
        "--stake",
        "latency=0.2",
        "--max-increase",
        "0.5",
        "--weight",
        "33.33",
        "--max-relative-increase",
        "1",
        "--latency-tolerance",
        "0.5",
        "--latency-tolerance-ms",
        "9",
        "--quantile",
        "0.9",
        "--max-decrease",
        "0.1",
        "--non-inferiority-margin",
        "0.9",
        "--non-inferior-latency",
      ],
      { input: broken.join("\n") },
    );
    expect(JSON.parse(found.out)).toMatchObject({
      nonInferior: false,
      metrics: [{ share: expect.closeTo(0.75, 12) }, {}],
    });
  });

  test.each([
    [["-"], '{"arm":"stable","ok":1}', "-:1: ok is 1; allowed: true or false"],
    [["-"], '{"arm":"stable","ok":true,"weight":0.001}', "-:1: a weight of 0.001"],
    [["-", "--alpha", "2"], "", "Expected a number from 1e-9 to 0.5."],
    [["-", "--stake", "speed"], "", "Expected error_rate, latency, score"],
    [["-", "--stake", "score=0"], "", "Expected a part above 0"],
    [["/nonexistent.ndjson"], "", "cannot read /nonexistent.ndjson"],
  ])("%j with %j is a usage error that says what is allowed", async (args, input, message) => {
    const { exitCode, err } = await judge(["stream", ...args], { input: `${input}\n` });
    expect(err).toContain(message);
    expect(exitCode).toBe(EXIT.usage);
  });
});
