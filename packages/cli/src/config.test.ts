import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSettings, serverEnvironment } from "./config.ts";

test("an empty environment gives the defaults", () => {
  expect(readSettings({})).toEqual({
    url: null,
    token: null,
    project: null,
    dataDir: `${process.cwd()}/.sluice`,
    kubeconfig: [join(homedir(), ".kube", "config")],
    color: true,
  });
});

test("an empty variable is as good as none, but NO_COLOR counts with any value", () => {
  expect(readSettings({ SLUICE_URL: "", NO_COLOR: "0" })).toMatchObject({ url: null, color: false });
});

test("a bad address is named with what it was and what is allowed", () => {
  expect(() => readSettings({ SLUICE_URL: "localhost:8303" })).toThrow(
    'SLUICE_URL is "localhost:8303"; expected an address such as http://127.0.0.1:8303',
  );
});

test("a server is started without the variables that only the command knows", () => {
  const environment = {
    PATH: "/bin",
    SLUICE_URL: "http://x",
    SLUICE_TOKEN: "t",
    SLUICE_PROJECT: "p",
    SLUICE_HTTP_PORT: "0",
  };
  expect(serverEnvironment(environment, "/data")).toEqual({
    PATH: "/bin",
    SLUICE_HTTP_PORT: "0",
    SLUICE_DATA_DIR: "/data",
  });
});
