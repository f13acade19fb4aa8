import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { problem, startApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

test("a version that is not registered is met with the ways to register it", async () => {
  const unknown = problem(404, "not_found", "artifact my-model does not exist in project default", [
    { field: "artifact", found: "my-model", allowed: "nothing yet: there is none" },
  ]);
  const argv = ["deploy", "create", "--name", "my-model", "--version", "4b825dc", "-e", "production"];
  const api = await startApi({ "POST /v1/deployments": unknown });
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  const exitCode = await run(argv, io).finally(() => api.close());
  const err = io.err();
  expect(exitCode).toBe(EXIT.notFound);
  expect(err).toContain("artifact my-model does not exist");
  expect(err).toContain("--image, --command or --file");
  expect(err).not.toContain("sluice rollout list");
});
