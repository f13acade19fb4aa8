import { expect, test } from "vitest";
import { digestName, parseReference } from "./image.reference.ts";

const HUB = "https://index.docker.io/v1/";

test.each([
  ["nginx", HUB, "nginx:latest"],
  ["library/nginx:1.27", HUB, "library/nginx:1.27"],
  ["docker.io/library/nginx", HUB, "docker.io/library/nginx:latest"],
  ["registry.example:5000/team/app", "registry.example:5000", "registry.example:5000/team/app:latest"],
  ["localhost/app:2", "localhost", "localhost/app:2"],
  ["ghcr.example/app@sha256:ab", "ghcr.example", "ghcr.example/app@sha256:ab"],
])("%s is pulled from %s as %s", (image, registry, full) => {
  expect(parseReference(image)).toEqual({ registry, full });
});

test("a digest is found under the name in full, and not under another's", () => {
  const digests = ["docker.io/library/other@sha256:1", "docker.io/library/nginx@sha256:2"];
  expect(digestName("nginx:1.27", digests)).toBe("docker.io/library/nginx@sha256:2");
  expect(digestName("localhost:5000/nginx:1", digests)).toBeNull();
});
