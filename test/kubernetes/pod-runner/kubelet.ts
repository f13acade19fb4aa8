import type { IncomingMessage, ServerResponse } from "node:http";
import type { ContainerLog } from "./log.ts";

/** Finds a container's log. A text says why there is none. */
export type FindLog = (namespace: string, pod: string, container: string, isPrevious: boolean) => ContainerLog | string;

/** The part of a kubelet's API that the API server asks for `kubectl logs`. */
export function answerKubelet(find: FindLog, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? "/", "https://kubelet");
  const [, root, namespace = "", pod = "", container = ""] = pathname.split("/").map(decodeURIComponent);
  if (root !== "containerLogs") {
    response.writeHead(404).end(`the pod runner does not answer ${pathname}`);
    return;
  }
  const isOn = (name: string): boolean => searchParams.get(name) === "true";
  const log = find(namespace, pod, container, isOn("previous"));
  if (typeof log === "string") {
    response.writeHead(400).end(log);
    return;
  }
  const numberOf = (name: string): number | null => {
    const text = searchParams.get(name);
    return text === null ? null : Number(text);
  };
  const since = searchParams.get("sinceTime");
  const sinceSeconds = numberOf("sinceSeconds");
  const options = {
    follow: isOn("follow"),
    timestamps: isOn("timestamps"),
    tailLines: numberOf("tailLines"),
    since:
      since !== null ? new Date(since) : sinceSeconds === null ? null : new Date(Date.now() - sinceSeconds * 1_000),
  };
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  response.writeHead(200, { "content-type": "text/plain", "transfer-encoding": "chunked" });
  response.flushHeaders();
  void log.read(options, (line) => response.write(`${line}\n`), gone.signal).then(() => response.end());
}
