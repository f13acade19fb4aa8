import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const guide = readFileSync("docs/guides/gates.md", "utf8");
const folder = mkdtempSync(join(tmpdir(), "sluice-guide-"));

/** Lines of the guide's blocks with this mark, in order. */
const commands = (mark: string): string[] =>
  [...guide.matchAll(new RegExp(`\`\`\`sh ${mark}\\n([\\s\\S]*?)\`\`\``, "g"))].flatMap(([, block = ""]) =>
    block.split("\n").filter((line) => line !== ""),
  );

function shell(command: string): Promise<{ code: number | null; output: string }> {
  const settings = `export SLUICE_DATA_DIR='${folder}/data' SLUICE_HTTP_PORT=0 SLUICE_GATEWAY_PORT=0 SLUICE_GRPC_PORT=0`;
  const child = spawn("bash", ["-c", `${settings}; ${command}`], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code, output }));
  });
}

beforeAll(async () => {
  const [, manifest = ""] = /```yaml gates\.yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  writeFileSync(join(folder, "gates.yaml"), manifest);
  const { code, output } = await shell("npx sluice up");
  expect(code, output).toBe(0);
});

afterAll(async () => {
  await shell("npx sluice down");
  rmSync(folder, { recursive: true, force: true });
});

test("the guide to gates works as it is printed", { timeout: 300_000 }, async () => {
  expect(commands("example").length).toBeGreaterThan(7);
  for (const command of commands("example")) {
    const { code, output } = await shell(command.replace("gates.yaml", join(folder, "gates.yaml")));
    expect(code, `$ ${command}\n${output}`).toBe(0);
    if (command.includes("gate apply")) expect(output).toContain("Gate quality updated");
  }
});

test("what the guide says is refused is refused, by the name of the field", { timeout: 300_000 }, async () => {
  expect(commands("refused").length).toBeGreaterThan(4);
  for (const command of commands("refused")) {
    const { code, output } = await shell(command);
    expect(code, `$ ${command}\n${output}`).not.toBe(0);
    expect(output).toMatch(/^error: .*\b(conditions\[0\]\.\w+|metrics\.accuracy|version)\b/m);
  }
});
