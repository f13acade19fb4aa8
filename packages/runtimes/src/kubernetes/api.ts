/** What others need to speak to a cluster by themselves: the client and its words, without a runtime. */
export { createClient, type KubeClient, type ObjectRef } from "./client/client.ts";
export { isGone } from "./client/failure.ts";
export { KINDS, type Kind, nameOf, pathOf } from "./client/kinds.ts";
export type { Condition, KubeObject, Manifest, OwnerReference, WatchEvent } from "./client/kube.types.ts";
export { type KubeconfigSource, loadKubeconfig } from "./client/kubeconfig.ts";
export { createTransport } from "./client/transport.ts";
export { createStore, type Store } from "./watch/store.ts";
