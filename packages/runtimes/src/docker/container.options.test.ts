import { type Target, targetSchema } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { launching, newInstance } from "../supervision/instance.ts";
import { checkWorkload, imageWorkloadSchema } from "../supervision/workload.schema.ts";
import { containerName } from "./container.labels.ts";
import { containerOptions, networkUse } from "./container.options.ts";
import { imageWorkload } from "./docker.fixture.ts";

const instance = launching(newInstance("r1-abc", 1, 0, 0));
const image = { id: "sha256:1", digest: "registry/web@sha256:2" };
const published = networkUse(undefined, "published", "127.0.0.1", 0);

function options(changes: Parameters<typeof imageWorkload>[1] = {}, network = published) {
  const workload = checkWorkload(imageWorkload("web", changes), imageWorkloadSchema);
  return containerOptions({ instance, workload, owner: "folder-1", image, network });
}

const placed = (target: object) => ({
  target: targetSchema.parse({ type: "docker", ...target }) satisfies Target,
  project: "default",
  environment: "production",
  name: "greeter",
  kind: "application" as const,
});

describe("a container", () => {
  test("can write nothing but /tmp, holds no capability and gains none", () => {
    expect(options().HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      Tmpfs: { "/tmp": expect.stringContaining("nosuid") },
      RestartPolicy: { Name: "no" },
    });
  });

  test("is as the daemon makes any where the target says so, and limited all the same", () => {
    const { HostConfig } = options({ placement: placed({ isolation: "daemon" }) });
    expect(HostConfig).not.toHaveProperty("ReadonlyRootfs");
    expect(HostConfig).not.toHaveProperty("CapDrop");
    expect(HostConfig).toMatchObject({ PidsLimit: 4_096 });
  });

  test("has its limits, what is set aside for it, and its graphics processors", () => {
    const resources = { memoryMb: 256, cpuCores: 0.5 };
    expect(options({ resources, requests: { memoryMb: 64, cpuCores: 0.25 }, gpus: 2 }).HostConfig).toMatchObject({
      Memory: 268_435_456,
      MemorySwap: 268_435_456,
      NanoCpus: 500_000_000,
      MemoryReservation: 67_108_864,
      CpuShares: 256,
      DeviceRequests: [{ Count: 2, Capabilities: [["gpu"]] }],
    });
    expect(options().HostConfig).not.toHaveProperty("Memory");
  });

  test("is told its names, its port, and its secrets, which go before variables of the same name", () => {
    const { Env } = options({ env: { A: "1", PORT: "1", KEY: "no" }, secrets: { KEY: "hunter2" } });
    const told = ["A=1", "KEY=hunter2", "PORT=8080", "SLUICE_INSTANCE=r1-abc", "SLUICE_REVISION=1"];
    expect(Env).toEqual(expect.arrayContaining(told));
    expect(Env).not.toContain("PORT=1");
  });

  test("is published on one address alone, on a port that the daemon finds", () => {
    const remote = networkUse("web", "published", "10.0.0.7", 0);
    expect(options({}, remote).HostConfig).toMatchObject({
      NetworkMode: "web",
      PortBindings: { "8080/tcp": [{ HostIp: "10.0.0.7", HostPort: "" }] },
    });
    expect(options({}, networkUse("web", "container", "", 0)).HostConfig).not.toHaveProperty("PortBindings");
  });

  test("in the network of its machine listens on a port of the machine", () => {
    const { Env, HostConfig } = options({}, networkUse("host", "published", "127.0.0.1", 20_123));
    expect(Env).toContain("PORT=20123");
    expect(HostConfig).toMatchObject({ NetworkMode: "host" });
    expect(HostConfig).not.toHaveProperty("PortBindings");
  });

  test("keeps the command of its image unless the version has one, which stands for all of it", () => {
    expect(options({ command: [] })).not.toHaveProperty("Entrypoint");
    expect(options({ command: ["serve", "--fast"] })).toMatchObject({ Entrypoint: ["serve", "--fast"], Cmd: [] });
  });

  test("that works without a port is given none", () => {
    const { Env, HostConfig, Volumes } = options({ process: "stream" });
    expect(Env?.some((variable) => variable.startsWith("PORT="))).toBe(false);
    expect(Env).toContain("SLUICE_HEARTBEAT_FILE=/var/run/sluice/heartbeat");
    expect(HostConfig).not.toHaveProperty("PortBindings");
    expect(Volumes).toEqual({ "/var/run/sluice": {} });
  });

  test("carries the labels of its target, which replace none of ours", () => {
    const target = { region: "eu", labels: { rack: "7", "sluice.dev/owner": "me" } };
    expect(options({ placement: placed(target), version: "1.0.0" }).Labels).toMatchObject({
      rack: "7",
      "sluice.dev/region": "eu",
      "sluice.dev/owner": "folder-1",
      "sluice.dev/digest": "registry/web@sha256:2",
      "app.kubernetes.io/name": "greeter",
      "app.kubernetes.io/version": "1.0.0",
      "app.kubernetes.io/managed-by": "sluice",
    });
  });
});

test("a container's name is one that daemons take, however long or odd the deployment's is", () => {
  const name = containerName({ deployment: `ä ${"x".repeat(200)}` }, "r12-0123456789ab", 3);
  expect(name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/);
  expect(name).toContain("r12-0123456789ab-3");
});
