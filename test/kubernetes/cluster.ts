import { generateKeyPairSync, randomBytes, randomInt } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { accessTo, type ClusterAccess, writeKubeconfig } from "./access.ts";
import { builtBinary } from "./binaries.ts";
import { type Authority, createAuthority } from "./certificates.ts";
import { freePort, type Program, startProgram } from "./programs.ts";

/** A Kubernetes of its own: etcd, API server and controllers are real processes; nodes come from a pod runner or KWOK. */
export interface TestCluster extends ClusterAccess, AsyncDisposable {
  /** As `kill -9` of the API server; resolves when it is dead. */
  stopApiServer(): Promise<void>;
  /** Starts it again on the same port; resolves when it answers. */
  startApiServer(): Promise<void>;
  /** Ends every process and removes the folder. */
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Users besides `admin`, and their groups. They may do nothing until a role is bound to them. */
  users?: Record<string, string[]>;
  /** Further flags of kube-apiserver, such as `--max-requests-inflight=1`. */
  apiServerFlags?: string[];
  /** Further flags of kube-controller-manager. */
  controllerFlags?: string[];
}

const START_MS = 120_000;

/** Starts a cluster on free ports. Takes some seconds, about 500 MB of memory, and needs `build.sh` to have run. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-cluster-"));
  const running: Program[] = [];
  const close = async (): Promise<void> => {
    // The last started first: nobody waits for a server that is gone. Nothing of it is needed any more.
    for (const program of running.splice(0).reverse()) await program.stop("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return await assemble(folder, running, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function assemble(
  folder: string,
  running: Program[],
  options: ClusterOptions,
  close: () => Promise<void>,
): Promise<TestCluster> {
  const start = async (path: string, flags: string[]): Promise<Program> => {
    const program = await startProgram(path, flags, join(folder, `${path.split("/").at(-1)}.log`));
    running.push(program);
    return program;
  };
  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const etcd = await start("etcd", etcdFlags(folder, etcdUrl, `http://127.0.0.1:${peerPort}`));

  const authority = await createAuthority(folder, "cluster-ca");
  const tokens = await writeTokens(folder, options.users ?? {});
  const url = `https://127.0.0.1:${port}`;
  const admin = { url, ca: authority.pem, token: tokens.admin ?? "", namespace: "default" };
  const kubeconfig = await writeKubeconfig(join(folder, "kubeconfig"), admin);
  const access = accessTo({ url, ca: authority.pem, tokens, folder, kubeconfig });

  const flags = [...(await apiServerFlags(folder, authority, etcdUrl, port)), ...(options.apiServerFlags ?? [])];
  let apiServer: Program | null = null;
  const startApiServer = async (): Promise<void> => {
    const program = await start(builtBinary("kube-apiserver"), flags);
    apiServer = program;
    await until("the API server is ready", [etcd, program], async () => (await access.api.text("/readyz")) === "ok");
  };
  await startApiServer();
  const controllers = await start(builtBinary("kube-controller-manager"), [
    ...controllerFlags(folder, authority, kubeconfig),
    ...(options.controllerFlags ?? []),
  ]);
  // Pods can only be created once their namespace has its account, which the controllers make.
  const account = "/api/v1/namespaces/default/serviceaccounts/default";
  await until("the controllers work", [etcd, controllers], async () => (await access.api.get(account)) !== null);

  const closeAll = async (): Promise<void> => {
    await access.api[Symbol.asyncDispose]();
    await close();
  };
  return {
    ...access,
    startApiServer,
    stopApiServer: async () => {
      await apiServer?.stop("SIGKILL");
    },
    close: closeAll,
    [Symbol.asyncDispose]: closeAll,
  };
}

/** Waits for a condition; throws the last words of a program that has ended meanwhile. */
async function until(what: string, programs: Program[], holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + START_MS;
  let reason: unknown;
  while (Date.now() < deadline) {
    const dead = programs.find((program) => program.ended !== null);
    if (dead) throw new Error(`${what}: no: ${dead.ended}`);
    const isSo = await holds().catch((error: unknown) => {
      reason = error;
      return false;
    });
    if (isSo) return;
    await delay(50);
  }
  throw new Error(`waited ${START_MS} ms in vain: ${what}`, { cause: reason });
}

/** Writes the API server's file of users; `admin` is in the group that may do everything. */
async function writeTokens(folder: string, users: Record<string, string[]>): Promise<Record<string, string>> {
  const groups = { ...users, admin: ["system:masters"] };
  const tokens = Object.fromEntries(Object.keys(groups).map((user) => [user, randomBytes(16).toString("hex")]));
  const lines = Object.entries(groups).map(([user, names]) => `${tokens[user]},${user},${user},"${names.join(",")}"\n`);
  await writeFile(join(folder, "tokens.csv"), lines.join(""), { mode: 0o600 });
  return tokens;
}

function etcdFlags(folder: string, url: string, peerUrl: string): string[] {
  return [
    `--data-dir=${join(folder, "etcd")}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    // Nothing of a test outlives the machine's power.
    "--unsafe-no-fsync",
    "--log-level=warn",
  ];
}

async function apiServerFlags(folder: string, authority: Authority, etcdUrl: string, port: number): Promise<string[]> {
  const serving = await authority.sign("kube-apiserver", ["IP:127.0.0.1", "DNS:kubernetes.default.svc"]);
  const proxy = await authority.sign("front-proxy", []);
  const accounts = join(folder, "accounts.key");
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writeFile(accounts, privateKey, { mode: 0o600 });
  return [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--cert-dir=${folder}`,
    `--client-ca-file=${authority.certificate}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=Node,RBAC",
    "--allow-privileged=true",
    `--service-cluster-ip-range=${serviceRange()}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${accounts}`,
    `--service-account-signing-key-file=${accounts}`,
    // The Service `kubernetes` must not point at a loopback address, and nobody needs it here.
    "--endpoint-reconciler-type=none",
    "--kubelet-preferred-address-types=InternalIP",
    // Services of the aggregation layer are reached at their endpoints: no kube-proxy gives their addresses a meaning.
    "--enable-aggregator-routing=true",
    `--proxy-client-cert-file=${proxy.certificate}`,
    `--proxy-client-key-file=${proxy.key}`,
    `--requestheader-client-ca-file=${authority.certificate}`,
    "--requestheader-allowed-names=front-proxy",
    "--requestheader-username-headers=X-Remote-User",
    "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-",
  ];
}

/** Addresses of Services become this machine's while pods run: no two clusters should have the same. */
const serviceRange = (): string => `100.${64 + randomInt(64)}.${16 * randomInt(16)}.0/20`;

function controllerFlags(folder: string, authority: Authority, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    "--controllers=*",
    `--service-account-private-key-file=${join(folder, "accounts.key")}`,
    `--root-ca-file=${authority.certificate}`,
    "--use-service-account-credentials=true",
    "--leader-elect=false",
    "--secure-port=0",
    // Tests wait for its decisions.
    "--horizontal-pod-autoscaler-sync-period=2s",
    "--horizontal-pod-autoscaler-initial-readiness-delay=2s",
    "--kube-api-qps=200",
    "--kube-api-burst=400",
  ];
}
