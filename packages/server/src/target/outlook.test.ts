import { describe, expect, test } from "vitest";
import { describeCluster, describeDaemon, outlookOf } from "./outlook.ts";

describe("the outlook of a target", () => {
  test("is ready when nothing speaks against it", () => {
    expect(outlookOf("docker", { found: "Docker 29", fault: null }, false)).toEqual({
      ...{ type: "docker", state: "ready", message: "Docker 29" },
    });
  });

  test("is a fault only where somebody asked for it, with its cause in any case", () => {
    const finding = { found: null, fault: "connection refused" };
    expect(outlookOf("docker", finding, true)).toMatchObject({ state: "faulty", message: "connection refused" });
    expect(outlookOf("docker", finding, false)).toMatchObject({ state: "absent", message: "connection refused" });
  });

  test("says what was reached before it says what speaks against it", () => {
    const finding = { found: "Kubernetes v1.35.4", fault: "may not patch deployments.apps" };
    expect(outlookOf("kubernetes", finding, true).message).toBe("Kubernetes v1.35.4: may not patch deployments.apps");
  });

  test("names the cluster as its user does, and whether it has Gateway API", () => {
    const found = { version: "v1.35.4", context: "kind-dev", files: ["/a", "/b"] };
    expect(describeCluster({ ...found, gatewayApi: true })).toBe(
      "Kubernetes v1.35.4, context kind-dev of /a:/b, with Gateway API",
    );
    expect(describeCluster({ ...found, files: [], gatewayApi: false })).toBe(
      "Kubernetes v1.35.4, the server's own cluster, without Gateway API",
    );
  });

  test("names the daemon, its version and its address", () => {
    const daemon = { name: "Podman", version: "4.3.1", platform: "linux/amd64" };
    expect(describeDaemon(daemon, "unix:///run/podman.sock")).toBe(
      "Podman 4.3.1 (linux/amd64) at unix:///run/podman.sock",
    );
  });
});
