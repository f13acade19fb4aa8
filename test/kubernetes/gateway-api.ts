import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ClusterAccess } from "./access.ts";
import { kubernetesFolder } from "./binaries.ts";

/** Installs the Gateway API's resources as `build.sh` took them from its module: of its standard channel, or all there are. */
export async function installGatewayApi(
  cluster: ClusterAccess,
  channel: "standard" | "experimental" = "standard",
): Promise<void> {
  const folder = join(kubernetesFolder(), channel === "standard" ? "gateway-api" : "gateway-api-experimental");
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run test/kubernetes/build.sh, which needs Go`);
  // Server-side: they are too large for the annotation that kubectl would keep them in otherwise.
  await cluster.kubectl(["apply", "--server-side", "--force-conflicts", "-f", folder]);
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
}
