import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import type { LogLine, LogQuery } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { answerKubelet } from "../../../../../test/kubernetes/pod-runner/kubelet.ts";
import { type ContainerLog, createLog } from "../../../../../test/kubernetes/pod-runner/log.ts";
import { createClient } from "../client/client.ts";
import { KINDS, type Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import { createTransport } from "../client/transport.ts";
import type { ObservedPod } from "../status/observed.types.ts";
import { type PodLogSource, readPodLogs } from "./pod.logs.ts";

/** Pods whose logs a kubelet answers for, over HTTP as an API server passes it on; which pods there are is told by hand. */
let server: Server;
let pods: ObservedPod[];
let logs: Map<string, { now: ContainerLog; previous?: ContainerLog }>;
let listeners: Set<(kind: Kind, object: KubeObject) => void>;
let source: PodLogSource;
let clock: number;

const pod = (name: string, restartCount = 0): ObservedPod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", uid: `uid-${name}` },
  spec: { containers: [{ name: "app" }] },
  status: {
    containerStatuses: [
      { name: "app", ready: true, restartCount, containerID: `${name}-${restartCount}`, state: { running: {} } },
    ],
  },
});

/** A new run of the pod's program, in place of the one that was there. */
function run(name: string, restartCount = 0): ContainerLog {
  const now = createLog(() => new Date(clock));
  const before = logs.get(name)?.now;
  before?.end();
  logs.set(name, { now, ...(before !== undefined && { previous: before }) });
  const fresh = pod(name, restartCount);
  pods = [...pods.filter(({ metadata }) => metadata.name !== name), fresh];
  for (const listener of listeners) listener(KINDS.pod, fresh);
  return now;
}

beforeEach(async () => {
  [pods, logs, listeners, clock] = [[], new Map(), new Set(), Date.UTC(2026, 0, 1)];
  server = createServer((request, response) => {
    const [, name = ""] = /\/namespaces\/shop\/pods\/([^/]+)\/log\?/.exec(request.url ?? "") ?? [];
    const { search } = new URL(request.url ?? "", "http://kubelet");
    request.url = `/containerLogs/shop/${name}/app${search}`;
    const find = (_namespace: string, found: string, _container: string, isPrevious: boolean) => {
      const of = logs.get(found);
      return (isPrevious ? of?.previous : of?.now) ?? "there is no such run";
    };
    answerKubelet(find, request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      { name: "here", skipTLSVerify: true, server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    ],
    users: [{ name: "me" }],
    contexts: [{ name: "here", cluster: "here", user: "me" }],
    currentContext: "here",
  });
  source = {
    client: createClient(createTransport({ config })),
    cache: {
      list: <T extends KubeObject>() => pods as KubeObject[] as T[],
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const read = (query: Partial<LogQuery>) =>
  readPodLogs(source, { deployment: "greeter", ...query }, new AbortController().signal);
const textsOf = (lines: readonly LogLine[]): string[] => lines.map(({ instance, text }) => `${instance} ${text}`);
/** Follows until so many lines came. */
async function first(count: number, query: Partial<LogQuery> = {}): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of read({ follow: true, ...query })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  return lines;
}
const behind = (lines: readonly LogLine[]): { from: string } => ({ from: lines.at(-1)?.next ?? "none" });

test("every line has the time that the cluster knows", async () => {
  run("a").write("one\n");
  clock += 1_500;
  logs.get("a")?.now.write("two\n");
  const lines = await Array.fromAsync(read({}));
  expect(lines.map(({ text, at }) => [text, at])).toEqual([
    ["one", clock - 1_500],
    ["two", clock],
  ]);
});

test("whoever reads on gets what came since, also several lines of one moment", async () => {
  const log = run("a");
  log.write("1\n2\n3\n");
  const seen = await first(2);
  expect(textsOf(seen)).toEqual(["a 1", "a 2"]);
  log.write("4\n");
  clock += 5_000;
  log.write("5\n");
  expect(textsOf(await first(3, behind(seen)))).toEqual(["a 3", "a 4", "a 5"]);
  expect(textsOf(await Array.fromAsync(read(behind(seen))))).toEqual(["a 3", "a 4", "a 5"]);
});

test("what a program said before it was started again is not left out", async () => {
  const log = run("a");
  log.write("1\n2\n");
  const seen = await first(1);
  clock += 1_000;
  log.write("last words\n");
  clock += 1_000;
  run("a", 1).write("again\n");
  expect(textsOf(await first(3, behind(seen)))).toEqual(["a 2", "a last words", "a again"]);
});

test("a pod that came meanwhile is read from its beginning, one that was silent is not read again", async () => {
  run("a").write("1\n");
  const quiet = run("quiet");
  quiet.write("old\n");
  const lines = read({ follow: true, tail: 0 });
  const next = lines.next();
  clock += 1_000;
  // Both are followed once the first of them is: then what it says is told.
  const speaking = setInterval(() => logs.get("a")?.now.write("2\n"), 20);
  const seen = (await next).value as LogLine;
  clearInterval(speaking);
  await lines.return(undefined);
  run("b").write("begun\n");
  const since = await Array.fromAsync(read({ from: seen.next ?? "none", tail: 0 }));
  expect(textsOf(since)).not.toContain("quiet old");
  expect(textsOf(since)).toContain("b begun");
});

test("a word that is no place is refused", async () => {
  await expect(first(1, { from: "17" })).rejects.toMatchObject({ code: "invalid_argument" });
});
