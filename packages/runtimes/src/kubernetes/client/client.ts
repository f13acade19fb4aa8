import type { Response } from "undici";
import { MANAGER } from "../names.ts";
import { isNotFound, toSluiceError } from "./failure.ts";
import { type Kind, nameOf, pathOf } from "./kinds.ts";
import type { KubeList, KubeObject, Manifest } from "./kube.types.ts";
import type { Transport } from "./transport.ts";

export interface ObjectRef {
  kind: Kind;
  /** Null for kinds without. */
  namespace: string | null;
  name: string;
}

export interface ListQuery {
  /** Null: all of them. */
  namespace: string | null;
  labelSelector?: string;
  fieldSelector?: string;
  /** Names, labels and annotations alone. */
  metadataOnly?: boolean;
}

/**
 * The API in objects. Every method throws `SluiceError`: the object first, then the cluster's own words; `unavailable` is what
 * may pass by itself.
 */
export interface KubeClient {
  /** Null when there is no such object. */
  get<T extends KubeObject>(ref: ObjectRef): Promise<T | null>;
  /** All of them, page by page. */
  list<T extends KubeObject>(kind: Kind, query: ListQuery): Promise<KubeList<T>>;
  /**
   * Server-side apply as `sluice`. `force` (default) takes fields that others have set; without it they are an `aborted`.
   * Nothing is asked about whose the object is: `Cluster.put` does.
   */
  apply<T extends KubeObject>(
    kind: Kind,
    manifest: Manifest,
    options?: { force?: boolean; dryRun?: boolean },
  ): Promise<T>;
  /** `already_exists` when it is there. */
  create<T extends KubeObject>(kind: Kind, manifest: Manifest): Promise<T>;
  /** Compare and swap: `aborted` unless the object still has the manifest's `metadata.resourceVersion`. */
  replace<T extends KubeObject>(kind: Kind, object: KubeObject): Promise<T>;
  /** A merge patch; of a subresource when one is named. */
  merge<T extends KubeObject>(ref: ObjectRef, patch: object, subresource?: string): Promise<T>;
  /** Objects that are gone, or that are other ones than the `uid` says, are fine. Dependents go in the background unless it says otherwise. */
  remove(
    ref: ObjectRef,
    options?: { uid?: string; propagation?: "Background" | "Foreground" | "Orphan" },
  ): Promise<void>;
  /** Any path, as JSON. Throws `ApiFailure` and `Unanswered` as they are. */
  json<T>(path: string, body?: object): Promise<T>;
  /** A GET whose answer goes on until the signal. Throws as `json`. */
  stream(path: string, options: { signal: AbortSignal; accept?: string }): Promise<Response>;
  /** Requests so far. */
  readonly requests: number;
}

const PAGE = 500;

/** A version that no object has: applied with it, what is not there is made, and what is there is an `aborted`, whosever it is. */
export const ABSENT = "1";

export function createClient(transport: Transport): KubeClient {
  const send = async <T>(object: string, request: Parameters<Transport["send"]>[0]): Promise<T> => {
    try {
      return parsed<T>(await transport.send(request));
    } catch (error) {
      throw toSluiceError(error, object);
    }
  };
  const named = ({ kind, namespace, name }: ObjectRef): string => nameOf(kind, namespace, name);
  const at = (
    kind: Kind,
    { metadata: { namespace, name } }: { metadata: { namespace?: string; name: string } },
  ): ObjectRef => ({
    ...{ kind, name },
    namespace: kind.namespaced ? (namespace ?? null) : null,
  });
  const pathTo = ({ kind, namespace, name }: ObjectRef): string => pathOf(kind, namespace, name);

  return {
    async get(ref) {
      try {
        return parsed(await transport.send({ method: "GET", path: pathTo(ref) }));
      } catch (error) {
        if (isNotFound(error)) return null;
        throw toSluiceError(error, named(ref));
      }
    },

    async list<T extends KubeObject>(kind: Kind, { namespace, metadataOnly = false, ...selectors }: ListQuery) {
      const items: T[] = [];
      for (let next: string | undefined; ; ) {
        const query = new URLSearchParams({
          ...selectors,
          limit: String(PAGE),
          ...(next !== undefined && { continue: next }),
        });
        const path = `${pathOf(kind, namespace)}?${query}`;
        const page = await send<Omit<KubeList<T>, "items"> & { items: T[] | null }>(
          `${kind.plural}${namespace === null ? "" : ` of ${namespace}`}`,
          {
            method: "GET",
            path,
            ...(metadataOnly && { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" }),
          },
        );
        // Go has two ways of saying that there are none.
        items.push(...(page.items ?? []));
        next = page.metadata.continue || undefined;
        if (next === undefined) return { metadata: page.metadata, items };
      }
    },

    apply(kind, manifest, { force = true, dryRun = false } = {}) {
      const ref = at(kind, manifest);
      const query = new URLSearchParams({
        fieldManager: MANAGER,
        force: String(force),
        ...(dryRun && { dryRun: "All" }),
      });
      // JSON is YAML, and the one that every API server takes.
      const contentType = "application/apply-patch+yaml";
      return send(named(ref), {
        method: "PATCH",
        path: `${pathTo(ref)}?${query}`,
        body: JSON.stringify(manifest),
        contentType,
      });
    },

    create(kind, manifest) {
      const ref = at(kind, manifest);
      const path = `${pathOf(kind, ref.namespace)}?fieldManager=${MANAGER}`;
      return send(named(ref), { method: "POST", path, body: JSON.stringify(manifest) });
    },

    replace(kind, object) {
      const ref = at(kind, object);
      return send(named(ref), {
        method: "PUT",
        path: `${pathTo(ref)}?fieldManager=${MANAGER}`,
        body: JSON.stringify(object),
      });
    },

    merge(ref, patch, subresource) {
      const path = `${pathTo(ref)}${subresource === undefined ? "" : `/${subresource}`}?fieldManager=${MANAGER}`;
      return send(named(ref), {
        method: "PATCH",
        path,
        body: JSON.stringify(patch),
        contentType: "application/merge-patch+json",
      });
    },

    async remove(ref, { uid, propagation = "Background" } = {}) {
      const body = { propagationPolicy: propagation, ...(uid !== undefined && { preconditions: { uid } }) };
      try {
        await transport.send({ method: "DELETE", path: pathTo(ref), body: JSON.stringify(body) });
      } catch (error) {
        if (!isNotFound(error) && !isOtherOne(error)) throw toSluiceError(error, named(ref));
      }
    },

    async json(path, body) {
      const method = body === undefined ? "GET" : "POST";
      return parsed(await transport.send({ method, path, ...(body !== undefined && { body: JSON.stringify(body) }) }));
    },

    stream: (path, { signal, accept }) =>
      transport.open({ method: "GET", path, signal, ...(accept !== undefined && { accept }) }),

    get requests() {
      return transport.requests;
    },
  };
}

/** The API server's answers are what the API describes: nothing is gained by looking at each field. */
const parsed = <T>(text: string): T => JSON.parse(text) as T;

const isOtherOne = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("Precondition failed: UID");
