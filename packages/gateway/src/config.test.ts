import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readGatewayOptions } from "./config.ts";

const TOKEN = "a-token-of-twenty-four-c";

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-options-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file");
  writeFileSync(path, text);
  return path;
}

test("a gateway of this machine needs its folder alone, and makes a token of its own", () => {
  const options = readGatewayOptions(["--data-dir", "/data"], {});
  expect(options).toMatchObject({ dataDir: "/data", bind: "127.0.0.1", port: 30_080, lingerMs: 0, waits: false });
  expect(options.admin).toMatchObject({ bind: "127.0.0.1", port: 0, tls: null });
  expect(options.admin.token.length).toBeGreaterThan(40);
});

test("the token comes from the environment, or from a file, which wins", () => {
  const args = ["--data-dir", "/data", "--admin-bind", "0.0.0.0"];
  expect(readGatewayOptions(args, { SLUICE_GATEWAY_TOKEN: TOKEN }).admin.token).toBe(TOKEN);
  const path = file(`${TOKEN}-in-a-file\n`);
  const both = readGatewayOptions([...args, "--admin-token-file", path], { SLUICE_GATEWAY_TOKEN: TOKEN });
  expect(both.admin.token).toBe(`${TOKEN}-in-a-file`);
});

test.each([
  [[], {}, "--data-dir is missing"],
  [["--data-dir", "/d", "--port", "99999"], {}, "--port is 99999; allowed: a whole number from 0 to 65535"],
  [["--data-dir", "/d", "--linger-ms", "soon"], {}, "--linger-ms is soon"],
  [["--data-dir", "/d", "--admin-bind", "0.0.0.0"], {}, "--admin-bind is 0.0.0.0, where others reach it"],
  [["--data-dir", "/d", "--admin-cert", "/c"], {}, "--admin-key is missing"],
  [["--data-dir", "/d", "--admin-token-file", "/nowhere"], {}, "--admin-token-file cannot be read"],
  [["--data-dir", "/d", "--colour", "red"], {}, "Unknown option '--colour'"],
] as const)("%j is refused", (args, environment, message) => {
  expect(() => readGatewayOptions(args, environment)).toThrow(message);
});

test("a token that is too short is refused and never shown", () => {
  const read = () => readGatewayOptions(["--data-dir", "/d"], { SLUICE_GATEWAY_TOKEN: "hunter2" });
  expect(read).toThrow("SLUICE_GATEWAY_TOKEN cannot be used; allowed: at least 16");
  expect(read).not.toThrow("hunter2");
});
