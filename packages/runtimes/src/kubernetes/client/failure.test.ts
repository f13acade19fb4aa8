import { describe, expect, test } from "vitest";
import { ApiFailure, toSluiceError, Unanswered } from "./failure.ts";
import { retryAfter } from "./retry.ts";

const OBJECT = "Deployment shop/greeter-r2";

describe("what a cluster's failure means", () => {
  test.each([
    [403, 'pods "x" is forbidden: exceeded quota: small, requested: pods=1', "resource_exhausted"],
    [403, "unable to create new content in namespace shop because it is being terminated", "failed_precondition"],
    [400, 'admission webhook "no.example" denied the request: not on Fridays', "failed_precondition"],
    [403, 'deployments.apps is forbidden: User "dev" cannot patch resource', "permission_denied"],
    [401, "Unauthorized", "unauthenticated"],
    [404, 'namespaces "shop" not found', "not_found"],
    [409, "the object has been modified", "aborted"],
    [422, "spec.template: Invalid value", "invalid_argument"],
    [429, "too many requests", "unavailable"],
    [500, 'failed calling webhook "x": context deadline exceeded', "unavailable"],
    [503, "service unavailable", "unavailable"],
  ])("status %i: %s", (status, message, code) => {
    const error = toSluiceError(new ApiFailure(status, { message }), OBJECT);
    expect(error).toMatchObject({ code, message: `${OBJECT}: ${message}` });
  });

  test("is that it may pass when nobody answered", () => {
    expect(toSluiceError(new Unanswered("connection refused"), OBJECT).code).toBe("unavailable");
  });
});

describe("trying again", () => {
  const busy = new ApiFailure(429, { message: "too many requests" }, 2_000);

  test("waits as long as the server asks for, and longer each time where it asks for nothing", () => {
    expect(retryAfter(busy, 1, 0)).toBe(2_000);
    const waits = [1, 2, 3].map((attempt) => retryAfter(new Unanswered("reset"), attempt, 0));
    expect(waits).toEqual([50, 100, 200]);
  });

  test("ends after the last attempt, and leaves long waits to whoever asked", () => {
    expect(retryAfter(busy, 5, 0)).toBeNull();
    expect(retryAfter(new ApiFailure(429, {}, 60_000), 1, 0)).toBeNull();
  });

  test("is in vain where the answer was no", () => {
    for (const status of [400, 401, 403, 404, 409, 422]) expect(retryAfter(new ApiFailure(status), 1, 0)).toBeNull();
  });
});
