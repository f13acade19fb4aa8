import { createHash } from "node:crypto";
import type { KubeApi, KubeObject } from "../api.ts";
import type { Container } from "./pod.types.ts";

/**
 * What the pod runner knows of an image beyond its name. Nothing is pulled: a container of any image runs its own
 * command; one without a command runs its image's.
 */
export interface TestImage {
  command: string[];
  env?: Record<string, string>;
  user?: number;
  workingDir?: string;
}

const NAMESPACE = "/api/v1/namespaces/kube-system/configmaps";

interface StoredImage extends KubeObject {
  data: { image: string };
}

const nameOf = (image: string): string => `image-${createHash("sha256").update(image).digest("hex").slice(0, 40)}`;

/** Gives an image of the cluster a program. Images live in the cluster, so that every test of a run can bring its own. */
export async function pushImage(api: KubeApi, image: string, content: TestImage): Promise<void> {
  const object: StoredImage = {
    metadata: { name: nameOf(image) },
    data: { image: JSON.stringify(content) },
  };
  await api.delete(`${NAMESPACE}/${nameOf(image)}`);
  await api.create(NAMESPACE, object);
}

/** Null for an image that nobody pushed. */
export async function findImage(api: KubeApi, image: string): Promise<TestImage | null> {
  const stored = await api.get<StoredImage>(`${NAMESPACE}/${nameOf(image)}`);
  return stored && (JSON.parse(stored.data.image) as TestImage);
}

/** An image that cannot be pulled: its last part begins with `missing`, as in `example/missing:1`. */
export const isUnpullable = (image: string): boolean => /(^|\/)missing[^/]*$/.test(image);

/** What a container runs, as images and pods combine it: `command` replaces the entry point, `args` follows either. */
export function commandOf(container: Container, image: TestImage | null): string[] {
  if (container.command?.length) return [...container.command, ...(container.args ?? [])];
  return [...(image?.command ?? []), ...(container.args ?? [])];
}
