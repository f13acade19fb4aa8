import { execFile } from "node:child_process";
import { createReadStream, type ReadStream } from "node:fs";
import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Agent, request } from "undici";

const execute = promisify(execFile);

export interface TestImageContent {
  /** With its tag: `sluice.test/web:1`. */
  name: string;
  /** Files of this machine, by their place in the image. */
  files?: Record<string, string>;
  /** With this process's Node.js, and the libraries it needs, as `/bin/node`. */
  withNode?: boolean;
  /** As a Dockerfile has them: `CMD ["sh"]`, `USER 1000`, `ENV A=1`, `EXPOSE 80`. */
  changes?: string[];
}

const BUSYBOX = "/bin/busybox";
const APPLETS = ["sh", "cat", "echo", "env", "httpd", "id", "ls", "nc", "sleep", "touch", "wget"];

/** Makes an image from nothing: a static BusyBox (Debian's `busybox-static`) and what is asked for. Nothing is pulled. */
export async function buildTestImage(socketPath: string, content: TestImageContent): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-image-"));
  try {
    const root = join(folder, "root");
    await mkdir(join(root, "bin"), { recursive: true });
    await mkdir(join(root, "tmp"), { recursive: true, mode: 0o777 });
    await cp(BUSYBOX, join(root, "bin/busybox"), { dereference: true });
    for (const applet of APPLETS) await symlink("busybox", join(root, "bin", applet));
    const files = { ...(content.withNode && (await nodeFiles())), ...content.files };
    for (const [target, source] of Object.entries(files)) {
      await mkdir(dirname(join(root, target)), { recursive: true });
      await cp(source, join(root, target), { recursive: true, dereference: true });
    }
    const archive = join(folder, "image.tar");
    await execute("tar", ["-C", root, "--owner=0", "--group=0", "-cf", archive, "."]);
    await importImage(socketPath, archive, content);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Node.js and what the dynamic linker loads for it. */
async function nodeFiles(): Promise<Record<string, string>> {
  const { stdout } = await execute("ldd", [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => [path, path]);
  return { ...Object.fromEntries(libraries), "/bin/node": process.execPath };
}

async function importImage(socketPath: string, archive: string, content: TestImageContent): Promise<void> {
  const agent = new Agent({ connect: { socketPath } });
  const send = async (path: string, body?: ReadStream): Promise<string> => {
    const headers = { "content-type": "application/x-tar" };
    const options = { method: "POST", dispatcher: agent, headers, ...(body && { body }) } as const;
    const answer = await request(`http://podman${path}`, options);
    const text = await answer.body.text();
    if (answer.statusCode >= 300 || text.includes('"error"')) throw new Error(`${content.name} was not made: ${text}`);
    return text;
  };
  try {
    const query = new URLSearchParams({ fromSrc: "-" });
    for (const change of content.changes ?? []) query.append("changes", change);
    const answer = await send(`/images/create?${query}`, createReadStream(archive));
    // Podman names an imported image `latest`, whatever it is asked for.
    const [id] = /sha256:[0-9a-f]{64}/.exec(answer) ?? [];
    // A registry's name has a colon of its own, before its port.
    const [, repo = "", tag = "latest"] = /^(.+):([^:/]+)$/.exec(content.name) ?? ["", content.name];
    await send(`/images/${id}/tag?${new URLSearchParams({ repo, tag })}`);
  } finally {
    await agent.destroy();
  }
}
