import { createClient } from "@sluice/client";
import { afterEach, expect, test } from "vitest";
import { type Answer, problem, startApi, type TestApi } from "../testing/api.ts";
import { checkTargets, type Finding } from "./doctor.ts";

let api: TestApi | null = null;
afterEach(() => api?.close());

async function told(answer: Answer): Promise<Finding[]> {
  api = await startApi({ "GET /v1/target-outlook": answer });
  return checkTargets(createClient({ url: api.url }), {});
}

const item = (type: string, state: string, message: string) => ({ type, state, message });

test("a target that is there is told, one that nobody needs is no problem, and one that was asked for and fails is", async () => {
  const items = [
    item("docker", "ready", "Podman 4.3.1 (linux/amd64) at unix:///run/podman.sock"),
    item("docker", "absent", "there is no such socket"),
    item("kubernetes", "faulty", "the cluster of context dev refuses the credentials: Unauthorized"),
  ];
  expect(await told({ json: { items, nextCursor: null } })).toEqual([
    { check: "Docker", ok: true, message: "Podman 4.3.1 (linux/amd64) at unix:///run/podman.sock", remedy: null },
    { check: "Docker", ok: true, message: "not set up (there is no such socket)", remedy: null },
    {
      ...{ check: "Kubernetes", ok: false },
      message: "the cluster of context dev refuses the credentials: Unauthorized",
      remedy: expect.stringContaining("SLUICE_KUBECONFIG"),
    },
  ]);
});

test("a server that does not say is no problem of the targets", async () => {
  expect(await told(problem(401, "unauthenticated", "a token is needed"))).toEqual([
    {
      check: "Docker and Kubernetes",
      ok: true,
      message: "the server does not say: a token is needed",
      remedy: null,
    },
  ]);
});
