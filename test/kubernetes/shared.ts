import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { accessTo, type ClusterAccess } from "./access.ts";

/** The cluster of the test run. `hostAddress` is this machine as programs in pods reach it. */
export function sharedCluster(): ClusterAccess & { hostAddress: string } {
  const { hostAddress, ...address } = inject("kubernetes");
  return { ...accessTo(address), hostAddress };
}

/**
 * A namespace for one test, in which pods can be made at once. Everything in it goes when it is disposed of; nobody waits
 * for the end of its pods' grace periods.
 */
export async function temporaryNamespace(cluster: ClusterAccess): Promise<AsyncDisposable & { name: string }> {
  const name = `test-${randomBytes(5).toString("hex")}`;
  await cluster.kubectl(["create", "namespace", name]);
  await cluster.kubectl(["wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=60s"]);
  const remove = async (): Promise<void> => {
    await cluster.kubectl(["delete", "namespace", name, "--ignore-not-found", "--wait=false"]);
  };
  return { name, [Symbol.asyncDispose]: remove };
}
