import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";

export interface Line {
  command: string;
  /** `example`: works; `refused`: ends with an error that says what stands behind `# `; `exit 7`: ends with that code. */
  mark: string;
}

export interface Answer {
  code: number | null;
  output: string;
}

/** The lines of a guide's blocks with a mark, in order. */
export const linesOf = (guide: string): Line[] =>
  [...guide.matchAll(/```sh (example|refused|exit \d+)\n([\s\S]*?)```/g)].flatMap(([, mark = "", block = ""]) =>
    block
      .split("\n")
      .filter((command) => command !== "")
      .map((command) => ({ command, mark })),
  );

/** A fresh data folder in which a guide's lines are typed one after the other; variables last from one to the next. */
export class Reader {
  readonly #folder = mkdtempSync(join(tmpdir(), "sluice-guide-"));
  readonly #settings: string;
  readonly #files: string[];

  constructor(guide: string) {
    const settings = {
      SLUICE_DATA_DIR: join(this.#folder, "data"),
      ...{ SLUICE_HTTP_PORT: "0", SLUICE_GATEWAY_PORT: "0", SLUICE_GRPC_PORT: "0" },
    };
    this.#settings = Object.entries(settings)
      .map(([name, value]) => `export ${name}='${value}'`)
      .join("; ");
    this.#files = [...guide.matchAll(/```yaml (\S+\.yaml)\n([\s\S]*?)```/g)].map(([, name = "", text = ""]) => {
      writeFileSync(join(this.#folder, name), text);
      return name;
    });
  }

  /** Only addresses and the places of files differ from what is printed: another Sluice may be running here. */
  type(command: string): Promise<Answer> {
    const placed = this.#files.reduce((line, name) => line.replaceAll(` ${name}`, ` ${this.#folder}/${name}`), command);
    const here = placed.replaceAll("http://127.0.0.1:8303", () => this.#url());
    const variables = join(this.#folder, "variables");
    const script = `[ -f ${variables} ] && . ${variables}; ${this.#settings}; set -a\n${here}\ncode=$?; export -p > ${variables}; exit $code`;
    const child = spawn("bash", ["-c", script], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => resolve({ code, output }));
    });
  }

  /** As a person does who sees that the rollout has not come so far: asks again. */
  async typeWhenDue(command: string): Promise<Answer> {
    for (;;) {
      const answer = await this.type(command);
      if (!/not possible while the rollout is (queued|validating|gating|preparing)/.test(answer.output)) return answer;
    }
  }

  /** Types all lines that the guide marks, and expects of each what its mark says. */
  async typeAll(guide: string): Promise<void> {
    for (const { command, mark } of linesOf(guide)) {
      const { code, output } = await this.typeWhenDue(command);
      const told = `$ ${command}\n${output}`;
      if (mark === "refused") {
        expect(code, told).not.toBe(0);
        expect(output, told).toContain(command.split(" # ")[1]);
      } else expect(code, told).toBe(mark === "example" ? 0 : Number(mark.split(" ")[1]));
    }
  }

  async leave(): Promise<void> {
    await this.type("npx sluice down");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #url(): string {
    return JSON.parse(readFileSync(join(this.#folder, "data", "server.json"), "utf8")).url;
  }
}
