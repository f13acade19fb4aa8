import { expect, inject, test } from "vitest";
import type { Principal } from "../access/principal.ts";
import { readConfig } from "../config.ts";
import type { Outlook } from "./outlook.ts";
import { createTargetService } from "./target.service.ts";

const reader: Principal = { name: "ada", role: "viewer", project: null, environment: null };

async function said(variables: Record<string, string>): Promise<Outlook | undefined> {
  const outlook = await createTargetService({ config: readConfig(variables), patienceMs: 60_000 }).outlook(reader);
  return outlook.find(({ type }) => type === "docker");
}

test("a daemon is told with what it is, its version and its address", async () => {
  const host = `unix://${inject("dockerSocket")}`;
  expect(await said({ SLUICE_DOCKER_HOST: host })).toEqual({
    ...{ type: "docker", state: "ready" },
    message: expect.stringMatching(new RegExp(`^Podman \\d+\\.\\d+.* \\(linux/\\w+\\) at ${host}$`)),
  });
});

test("a daemon that was named and is not there is a fault, in the connection's words", async () => {
  expect(await said({ SLUICE_DOCKER_HOST: "unix:///nowhere/docker.sock" })).toEqual({
    ...{ type: "docker", state: "faulty" },
    message: "Docker at unix:///nowhere/docker.sock cannot be reached: there is no such socket; is the daemon running?",
  });
});
