import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

/** A registry of images on this machine: what daemons pull from and push to, kept in memory. */
export interface Registry extends AsyncDisposable {
  /** `host:port`, as it begins the names of images. */
  readonly host: string;
  /** Requests for manifests so far. */
  readonly pulls: number;
  /** Who may ask; null: everybody. */
  login: { username: string; password: string } | null;
}

const MANIFEST = "application/vnd.oci.image.manifest.v1+json";

/** The parts of the distribution protocol that Docker and Podman use for one platform; uploads in one piece or in many. */
export async function startRegistry(port: number): Promise<Registry> {
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const manifests = new Map<string, { type: string; body: Buffer }>();
  let login: Registry["login"] = null;
  let pulls = 0;

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch(() => response.writeHead(500).end());
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", "http://registry");
    const body = await buffer(incoming);
    const expected =
      login === null ? null : `Basic ${Buffer.from(`${login.username}:${login.password}`).toString("base64")}`;
    if (expected !== null && incoming.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="test"' });
      return void response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
    }
    const [, name = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(blobs|manifests|blobs\/uploads)\/([^/]*)$/.exec(url.pathname) ?? [];
    if (url.pathname === "/v2/") return void response.end("{}");
    if (kind === "blobs/uploads") return upload(incoming.method ?? "", name, reference, url, body, response);
    if (kind === "manifests" && incoming.method === "PUT") {
      const digest = digestOf(body);
      const manifest = { type: incoming.headers["content-type"] ?? MANIFEST, body };
      for (const key of [reference, digest]) manifests.set(`${name}/${key}`, manifest);
      return void response.writeHead(201, { location: url.pathname, "docker-content-digest": digest }).end();
    }
    const manifest = kind === "manifests" ? manifests.get(`${name}/${reference}`) : undefined;
    const found = manifest?.body ?? (kind === "blobs" ? blobs.get(reference) : undefined);
    if (kind === "manifests" && incoming.method === "GET") pulls += 1;
    if (found === undefined) {
      const code = kind === "manifests" ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN";
      return void response
        .writeHead(404)
        .end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replace("_", " ") }] }));
    }
    response.writeHead(200, {
      "content-type": manifest?.type ?? "application/octet-stream",
      "content-length": found.length,
      "docker-content-digest": digestOf(found),
    });
    response.end(incoming.method === "HEAD" ? undefined : found);
  }

  function upload(method: string, name: string, id: string, url: URL, body: Buffer, response: ServerResponse): void {
    const key = id === "" ? randomUUID() : id;
    const whole = Buffer.concat([uploads.get(key) ?? Buffer.alloc(0), body]);
    uploads.set(key, whole);
    const digest = url.searchParams.get("digest");
    if (digest !== null) blobs.set(digest, whole);
    const location = digest === null ? `/v2/${name}/blobs/uploads/${key}` : `/v2/${name}/blobs/${digest}`;
    const range = `0-${Math.max(0, whole.length - 1)}`;
    response.writeHead(method === "PUT" ? 201 : 202, { location, range, "docker-upload-uuid": key }).end();
  }

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${port}`,
    get pulls() {
      return pulls;
    },
    get login() {
      return login;
    },
    set login(value) {
      login = value;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
