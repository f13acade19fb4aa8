import { fileURLToPath } from "node:url";
import Docker from "dockerode";
import { expect, inject, test } from "vitest";
import { buildTestImage } from "./image.ts";

const socketPath = inject("dockerSocket");
const docker = new Docker({ socketPath });
const WEB = fileURLToPath(new URL("../../packages/runtimes/src/suite/fixtures/web.mjs", import.meta.url));

test("an image made from nothing runs, and its published port answers", async () => {
  const image = "sluice.test/web:1";
  await buildTestImage(socketPath, { name: image, withNode: true, files: { "/web.mjs": WEB } });
  const container = await docker.createContainer({
    Image: image,
    Cmd: ["node", "/web.mjs"],
    Env: ["PORT=8080"],
    ExposedPorts: { "8080/tcp": {} },
    HostConfig: { PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  });
  try {
    await container.start();
    const { NetworkSettings } = await container.inspect();
    const port = NetworkSettings.Ports["8080/tcp"]?.[0]?.HostPort;
    await expect.poll(() => fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status)).toBe(200);
  } finally {
    await container.remove({ force: true });
  }
});
