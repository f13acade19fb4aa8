import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const GUIDE = fileURLToPath(new URL("../../../../docs/guides/judge.md", import.meta.url));
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** The guide's blocks in order: files (`json name`), commands (`sh example`), and what they print (`text exit 0`). */
const blocks = [...readFileSync(GUIDE, "utf8").matchAll(/```(\w+) ([\w. ]+)\n([\s\S]*?)```/g)].map(
  ([, language = "", title = "", content = ""]) => ({ language, title, content }),
);

const folder = mkdtempSync(join(tmpdir(), "sluice-judge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the guide's examples print what it says, and end as it says", { timeout: 120_000 }, async () => {
  let ran = { code: Number.NaN, output: "" };
  let shown = 0;
  for (const { language, title, content } of blocks) {
    if (language === "sh") ran = await shell(content);
    else if (title.startsWith("exit ")) {
      const wanted = language === "json" ? `${JSON.stringify(JSON.parse(content), null, 2)}\n` : content;
      const output = language === "json" ? `${JSON.stringify(JSON.parse(ran.output), null, 2)}\n` : ran.output;
      expect(output).toBe(wanted);
      expect(ran.code).toBe(Number(title.slice("exit ".length)));
      shown += 1;
    } else writeFileSync(join(folder, title), content);
  }
  expect(shown).toBeGreaterThan(4);
});

function shell(script: string): Promise<{ code: number; output: string }> {
  const setup = `sluice() { '${process.execPath}' '${MAIN}' "$@"; }; export NO_COLOR=1`;
  const child = spawn("bash", ["-c", `${setup}\n${script}`], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? Number.NaN, output }));
  });
}
