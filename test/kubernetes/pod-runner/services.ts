import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { KubeApi, KubeObject } from "../api.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";

const execute = promisify(execFile);

interface Service extends KubeObject {
  spec: { clusterIP?: string; ports?: { name?: string; port: number; protocol?: string }[] };
}

interface Endpoint {
  addresses: string[];
  conditions?: { ready?: boolean };
}

export interface EndpointSlice extends KubeObject {
  ports?: { name?: string; port?: number }[];
  /** Null while there are none. */
  endpoints?: Endpoint[] | null;
}

/** Lets Services be reached: at their cluster addresses by connections, and by their names. */
export interface Services {
  /** Lines of a hosts file: the Services of a namespace as its pods call them. New ones come last. */
  namesIn(namespace: string): string;
  /** Resolves when the signal came and nothing listens any more. */
  readonly finished: Promise<void>;
}

const SERVICE_OF = "kubernetes.io/service-name";

/**
 * Plays kube-proxy and the cluster's DNS, as far as a program needs them: TCP to a Service's address goes to one of its
 * ready endpoints at random, and `changed` tells in which namespace names have changed. The addresses are this machine's
 * meanwhile, so that tests reach Services, too.
 */
export function serveServices(api: KubeApi, changed: (namespace: string) => void, signal: AbortSignal): Services {
  const services = new Map<string, { service: Service; listeners: Promise<Forwarder[]> }>();
  const slices = new Map<string, EndpointSlice>();

  const open = async (key: string, { spec }: Service): Promise<Forwarder[]> => {
    const { clusterIP = "None", ports = [] } = spec;
    if (clusterIP === "None" || clusterIP === "") return [];
    await execute("ip", ["address", "replace", `${clusterIP}/32`, "dev", "lo"]);
    const opened = ports
      .filter(({ protocol = "TCP" }) => protocol === "TCP")
      .map(({ name, port }) => startForwarder(clusterIP, port, () => pick(endpointsOf(slices.values(), key, name))));
    // A port that another program of this machine has for all addresses cannot be served.
    return (await Promise.allSettled(opened)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  };

  const shut = async ({ service, listeners }: { service: Service; listeners: Promise<Forwarder[]> }): Promise<void> => {
    for (const listener of await listeners) listener.close();
    const { clusterIP = "None" } = service.spec;
    const isAddress = clusterIP !== "None" && clusterIP !== "";
    if (isAddress) await execute("ip", ["address", "del", `${clusterIP}/32`, "dev", "lo"]).catch(() => undefined);
  };

  const following = [
    api.follow<Service>("/api/v1/services", signal, ({ type, object }) => {
      const key = keyOf(object, object.metadata.name);
      const known = services.get(key);
      // Who is selected is a matter of its endpoints: connections outlive a change of that.
      if (type !== "DELETED" && known !== undefined && isReachedAlike(known.service, object)) return;
      const closed = known ? shut(known) : Promise.resolve();
      if (type === "DELETED") services.delete(key);
      else services.set(key, { service: object, listeners: closed.then(() => open(key, object)).catch(() => []) });
      changed(object.metadata.namespace ?? "");
    }),
    api.follow<EndpointSlice>("/apis/discovery.k8s.io/v1/endpointslices", signal, ({ type, object }) => {
      const key = keyOf(object, object.metadata.name);
      if (type === "DELETED") slices.delete(key);
      else slices.set(key, object);
      const { service } = services.get(serviceOf(object)) ?? {};
      if (service?.spec.clusterIP === "None") changed(object.metadata.namespace ?? "");
    }),
  ];

  const finish = async (): Promise<void> => {
    await Promise.all(following);
    await Promise.all([...services.values()].map(shut));
  };
  return {
    namesIn: (namespace) =>
      [...services.values()]
        .filter(({ service: { metadata } }) => metadata.namespace === namespace)
        .flatMap(({ service: { metadata, spec } }) => {
          const inNamespace = `${metadata.name}.${namespace}`;
          const names = `${metadata.name} ${inNamespace} ${inNamespace}.svc ${inNamespace}.svc.cluster.local`;
          // The name of a headless one means each of its endpoints.
          const each = () => readyOf(slices.values(), inNamespaceKey(namespace, metadata.name));
          const addresses = spec.clusterIP === "None" ? each().flatMap((one) => one.addresses) : [spec.clusterIP];
          return addresses.map((address) => `${address} ${names}\n`);
        })
        .join(""),
    finished: finish(),
  };
}

const isReachedAlike = ({ spec: left }: Service, { spec: right }: Service): boolean =>
  left.clusterIP === right.clusterIP && JSON.stringify(left.ports) === JSON.stringify(right.ports);

const inNamespaceKey = (namespace: string | undefined, name: string): string => `${namespace}/${name}`;
const keyOf = ({ metadata }: KubeObject, name: string): string => inNamespaceKey(metadata.namespace, name);
const serviceOf = (slice: EndpointSlice): string => keyOf(slice, slice.metadata.labels?.[SERVICE_OF] ?? "");

/** What is ready behind a Service. */
const readyOf = (slices: Iterable<EndpointSlice>, service: string): Endpoint[] =>
  [...slices]
    .filter((slice) => serviceOf(slice) === service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);

/** Where a Service's port is served by something that is ready. */
export function endpointsOf(
  slices: Iterable<EndpointSlice>,
  service: string,
  portName: string | undefined,
): { address: string; port: number }[] {
  return [...slices]
    .filter((slice) => serviceOf(slice) === service)
    .flatMap((slice) => {
      const port = slice.ports?.find(({ name = "" }) => name === (portName ?? ""))?.port;
      if (port === undefined) return [];
      return readyOf([slice], service).flatMap(({ addresses }) => addresses.map((address) => ({ address, port })));
    });
}

const pick = <T>(all: T[]): T | null => all[Math.floor(Math.random() * all.length)] ?? null;
