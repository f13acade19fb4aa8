import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, inject, onTestFinished, test } from "vitest";
import { buildTestImage } from "./docker/image.ts";
import { linesOf, Reader } from "./guide.ts";

const GREETER = fileURLToPath(new URL("../examples/greeter/server.mjs", import.meta.url));

test("the guide to Docker works as it is printed", { timeout: 600_000 }, async () => {
  const socketPath = inject("dockerSocket");
  await buildTestImage(socketPath, {
    name: "example/greeter:1.0.0",
    withNode: true,
    files: { "/app/server.mjs": GREETER },
    changes: ['ENTRYPOINT ["/bin/node", "/app/server.mjs"]', "ENV HOST=0.0.0.0"],
  });
  const guide = readFileSync("docs/guides/docker.md", "utf8");
  const reader = new Reader(guide);
  onTestFinished(() => reader.leave());
  await reader.type(`export SLUICE_DOCKER_HOST=unix://${socketPath}`);
  const { code: started, output: told } = await reader.type("npx sluice up");
  expect(started, told).toBe(0);
  expect(linesOf(guide).length).toBeGreaterThan(8);
  await reader.typeAll(guide);
});
