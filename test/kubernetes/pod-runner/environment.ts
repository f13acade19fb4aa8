import type { Container, EnvVar, Pod } from "./pod.types.ts";

/** Reads ConfigMaps and Secrets of the pod's namespace; null when there is none of that name. */
export interface Sources {
  configMap(name: string): Promise<Record<string, string> | null>;
  secret(name: string): Promise<Record<string, string> | null>;
}

/** The container cannot be created from its configuration; the message is what a kubelet says. */
export class ConfigError extends Error {}

/** Replaces `$(NAME)` by a variable's value; `$$` escapes, and what is unknown stays, as Kubernetes has it. */
export function expand(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\$|\$\(([^()\s]+)\)/g, (found, name: string | undefined) => {
    if (name === undefined) return "$";
    return variables[name] ?? found;
  });
}

/** The variables of a container, resolved in order. Throws ConfigError when something that it names is missing. */
export async function environmentOf(pod: Pod, container: Container, sources: Sources): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const kind = configMapRef === undefined ? "secret" : "configmap";
    const data = await (kind === "secret" ? sources.secret(reference.name) : sources.configMap(reference.name));
    if (data === null && !reference.optional) throw new ConfigError(`${kind} "${reference.name}" not found`);
    for (const [key, value] of Object.entries(data ?? {})) variables[`${prefix}${key}`] = value;
  }
  for (const variable of container.env ?? []) {
    const value = await resolved(variable, pod, container, sources);
    if (value !== null) variables[variable.name] = expand(value, variables);
  }
  return variables;
}

async function resolved(
  { value, valueFrom }: EnvVar,
  pod: Pod,
  container: Container,
  sources: Sources,
): Promise<string | null> {
  if (valueFrom?.configMapKeyRef) {
    const { name, key, optional } = valueFrom.configMapKeyRef;
    return keyOf("configmap", "ConfigMap", await sources.configMap(name), pod, name, key, optional);
  }
  if (valueFrom?.secretKeyRef) {
    const { name, key, optional } = valueFrom.secretKeyRef;
    return keyOf("secret", "Secret", await sources.secret(name), pod, name, key, optional);
  }
  if (valueFrom?.fieldRef) return fieldOf(pod, valueFrom.fieldRef.fieldPath);
  if (valueFrom?.resourceFieldRef) return resourceOf(container, valueFrom.resourceFieldRef);
  return value ?? "";
}

function keyOf(
  word: string,
  kind: string,
  data: Record<string, string> | null,
  pod: Pod,
  name: string,
  key: string,
  optional = false,
): string | null {
  const found = data?.[key];
  if (found !== undefined) return found;
  if (optional) return null;
  if (data === null) throw new ConfigError(`${word} "${name}" not found`);
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`);
}

/** A field of the downward API, such as `metadata.labels['app']`. */
export function fieldOf(pod: Pod, path: string): string {
  const [, map, key] = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path) ?? [];
  if (key !== undefined) return (map === "labels" ? pod.metadata.labels : pod.metadata.annotations)?.[key] ?? "";
  const fields: Record<string, string | undefined> = {
    "metadata.name": pod.metadata.name,
    "metadata.namespace": pod.metadata.namespace,
    "metadata.uid": pod.metadata.uid,
    "metadata.labels": listOf(pod.metadata.labels),
    "metadata.annotations": listOf(pod.metadata.annotations),
    "spec.nodeName": pod.spec.nodeName,
    "spec.serviceAccountName": pod.spec.serviceAccountName ?? "default",
    "status.podIP": pod.status?.podIP,
    "status.podIPs": pod.status?.podIP,
    "status.hostIP": pod.status?.hostIP,
  };
  const value = fields[path];
  if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return value;
}

const listOf = (map: Record<string, string> = {}): string =>
  Object.entries(map)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");

function resourceOf(container: Container, ref: { resource: string; divisor?: string }): string {
  const [which, name = ""] = ref.resource.split(".");
  const amounts = which === "limits" ? container.resources?.limits : container.resources?.requests;
  const amount = quantity(amounts?.[name] ?? "0");
  return String(Math.ceil(amount / quantity(ref.divisor && ref.divisor !== "0" ? ref.divisor : "1")));
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity such as `250m` or `64Mi` as a number. */
export function quantity(text: string): number {
  const [, number = "0", unit = ""] = /^([\d.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}
