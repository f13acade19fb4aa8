import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { KubeApi, KubeObject } from "../api.ts";
import type { ContainerMount } from "./container.ts";
import { fieldOf, type Sources } from "./environment.ts";
import type { Container, Pod, Volume, VolumeSource } from "./pod.types.ts";

interface DataObject extends KubeObject {
  data?: Record<string, string>;
}

/** ConfigMaps and Secrets as the API has them now. */
export function sourcesFrom(api: KubeApi, namespace: string): Sources {
  const read = (kind: string, name: string) => api.get<DataObject>(`/api/v1/namespaces/${namespace}/${kind}/${name}`);
  return {
    configMap: async (name) => {
      const object = await read("configmaps", name);
      return object && (object.data ?? {});
    },
    secret: async (name) => {
      const object = await read("secrets", name);
      if (object === null) return null;
      const entries = Object.entries(object.data ?? {});
      return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
    },
  };
}

/** A volume cannot be filled yet; a kubelet tries again. */
export class VolumeError extends Error {}

/** Writes the pod's volumes under a folder, once: later changes of a ConfigMap reach the next pod, not this one. */
export async function fillVolumes(pod: Pod, folder: string, api: KubeApi): Promise<void> {
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.hostPath) continue;
    const target = join(folder, volume.name);
    await mkdir(target, { recursive: true });
    // Of any user's, whatever this process's mask is.
    if (volume.emptyDir) {
      await chmod(target, 0o777);
      continue;
    }
    const sources = volume.projected ? (volume.projected.sources ?? []) : [volume];
    for (const source of sources) {
      const files = await filesOf(source, volume, pod, api);
      for (const [name, content] of Object.entries(files)) {
        const path = join(target, name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content, { mode: 0o644 });
      }
    }
  }
}

async function filesOf(source: VolumeSource, volume: Volume, pod: Pod, api: KubeApi): Promise<Record<string, string>> {
  const sources = sourcesFrom(api, pod.metadata.namespace ?? "default");
  if (source.configMap) {
    const { name, items, optional } = source.configMap;
    return selected(await sources.configMap(name), items, optional, `configmap "${name}"`, volume);
  }
  if (source.secret) {
    const { items, optional } = source.secret;
    const name = source.secret.secretName ?? source.secret.name ?? "";
    return selected(await sources.secret(name), items, optional, `secret "${name}"`, volume);
  }
  if (source.downwardAPI) {
    const items = source.downwardAPI.items ?? [];
    return Object.fromEntries(items.map(({ path, fieldRef }) => [path, fieldOf(pod, fieldRef?.fieldPath ?? "")]));
  }
  if (source.serviceAccountToken) return { [source.serviceAccountToken.path]: await tokenFor(pod, api, source) };
  throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : the pod runner does not know its type`);
}

function selected(
  data: Record<string, string> | null,
  items: { key: string; path: string }[] | undefined,
  optional: boolean | undefined,
  what: string,
  volume: Volume,
): Record<string, string> {
  if (data === null) {
    if (optional) return {};
    throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${what} not found`);
  }
  if (items === undefined) return data;
  const missing = items.find(({ key }) => data[key] === undefined);
  if (missing && !optional) {
    const reason = `references non-existent config key: ${missing.key}`;
    throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${what} ${reason}`);
  }
  return Object.fromEntries(items.map(({ key, path }) => [path, data[key] ?? ""]));
}

interface TokenRequest extends KubeObject {
  spec: { audiences?: string[]; expirationSeconds: number; boundObjectRef: object };
  status?: { token: string };
}

async function tokenFor(pod: Pod, api: KubeApi, { serviceAccountToken }: VolumeSource): Promise<string> {
  const { name, namespace, uid } = pod.metadata;
  const account = pod.spec.serviceAccountName ?? "default";
  const { status } = await api.create<TokenRequest>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      metadata: { name: account },
      spec: {
        ...(serviceAccountToken?.audience && { audiences: [serviceAccountToken.audience] }),
        expirationSeconds: serviceAccountToken?.expirationSeconds ?? 3_600,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, ...(uid && { uid }) },
      },
    },
  );
  return status?.token ?? "";
}

/** Where a container's volumes are and where it wants them. */
export function mountsOf(pod: Pod, container: Container, folder: string): ContainerMount[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, subPath = "", readOnly = false }) => {
    const volume = pod.spec.volumes?.find((each) => each.name === name);
    const isWritable = volume?.emptyDir !== undefined || volume?.hostPath !== undefined;
    const source = join(volume?.hostPath?.path ?? join(folder, name), subPath);
    return { source, target: mountPath, isReadOnly: readOnly || !isWritable };
  });
}
