import { expect, test } from "vitest";
import { helmFailure, isPassing } from "./helm.failure.ts";

const ATTEMPT = { program: "helm", verb: "install", release: "shop/iris-r1", timeoutMs: 300_000, secrets: ["s3cret"] };
const failed = (errors: string) => helmFailure({ code: 1, output: "", errors, reason: null }, ATTEMPT);

test.each([
  [
    'pods "a" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
    "resource_exhausted",
  ],
  [
    'services is forbidden: User "dev" cannot create resource "services" in API group "" in the namespace "shop"',
    "permission_denied",
  ],
  [
    "deployments.apps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no models here",
    "failed_precondition",
  ],
  [
    'kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": dial tcp 127.0.0.1:1: connect: connection refused',
    "unavailable",
  ],
  ["another operation (install/upgrade/rollback) is in progress", "unavailable"],
  [
    "values don't meet the specifications of the schema(s) in the following chart(s):\nmodel-serving:\n- at '/gpus': got string, want integer",
    "invalid_argument",
  ],
  [
    'Service "a" in namespace "shop" exists and cannot be imported into the current release: invalid ownership metadata',
    "failed_precondition",
  ],
  ['path "/charts/none" not found', "failed_precondition"],
] as const)("helm's own words are told, with a code: %s", (words, code) => {
  const error = failed(`level=WARN msg="something else"\nError: INSTALLATION FAILED: ${words}\n`);
  expect(error.code).toBe(code);
  expect(error.message).toBe(`release shop/iris-r1: ${words.replaceAll("\n", " ")}`);
  expect(isPassing(error)).toBe(code === "unavailable");
});

test("what is secret is not told, and neither is a whole page", () => {
  expect(failed(`Error: the key s3cret is wrong`).message).toBe("release shop/iris-r1: the key ••• is wrong");
  expect(failed(`Error: ${"x".repeat(100_000)}`).message.length).toBeLessThan(1_100);
  expect(failed("").message).toBe("release shop/iris-r1: helm install ended with 1");
});

test("a helm that is missing, slow or killed is told as such", () => {
  const ended = (reason: "not found" | "timeout" | "killed") =>
    helmFailure({ code: null, output: "", errors: "spawn helm ENOENT", reason }, ATTEMPT);
  expect(ended("not found")).toMatchObject({
    code: "failed_precondition",
    message: expect.stringContaining(
      "helm cannot be run (spawn helm ENOENT); install it, or name another one by SLUICE_HELM",
    ),
  });
  expect(ended("timeout")).toMatchObject({
    code: "deadline_exceeded",
    message: "release shop/iris-r1: helm install did not end within 300 s",
  });
  expect(ended("killed").code).toBe("unavailable");
});
