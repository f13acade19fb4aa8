/** A name by which images are pulled: `[registry/]path[:tag][@digest]`. */
export interface ImageReference {
  /** As credentials are kept for it; Docker's own hub is the one that needs no name. */
  registry: string;
  /** With the tag `latest` where neither a tag nor a digest was said: without one, every tag would be pulled. */
  full: string;
}

const HUB = "https://index.docker.io/v1/";

export function parseReference(image: string): ImageReference {
  const [first = ""] = image.split("/");
  const named = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  const registry = named && first !== "docker.io" ? first : HUB;
  const last = image.slice(image.lastIndexOf("/") + 1);
  return { registry, full: /[:@]/.test(last) ? image : `${image}:latest` };
}

/** The image's name with its digest instead of its tag; null where the registry gave it none. */
export function digestName(image: string, repoDigests: readonly string[]): string | null {
  const path = nameOf(image);
  return repoDigests.find((name) => sameName(nameOf(name), path)) ?? null;
}

const nameOf = (image: string): string => image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");

/** Daemons write a short name in full: `nginx` is `docker.io/library/nginx`. */
const sameName = (full: string, name: string): boolean => full === name || full.endsWith(`/${name}`);
