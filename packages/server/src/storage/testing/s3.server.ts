import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import S3rver from "s3rver";
import type { S3Config } from "../storage.config.ts";

export interface S3Server {
  config: S3Config;
  /** Uploads in parts that were begun, and neither made whole nor given up. */
  openUploads(): number;
  close(): Promise<void>;
}

/** A server that speaks S3, on a free port and a folder of its own. */
export async function startS3(host = "127.0.0.1"): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), "sluice-s3-"));
  const answer = new S3rver({ silent: true, directory }).callback();
  let open = 0;
  // It keeps the parts of an upload that was given up, so what it was asked for is counted.
  const server = createServer((request, response) => {
    const { method, url = "" } = request;
    if (method === "POST" && url.includes("?uploads")) open += 1;
    if ((method === "POST" || method === "DELETE") && url.includes("uploadId=")) open -= 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    config: {
      type: "s3",
      endpoint: `http://${host}:${port}`,
      region: "us-east-1",
      accessKey: "S3RVER",
      secretKey: "S3RVER",
      bucket: "models",
    },
    openUploads: () => open,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
