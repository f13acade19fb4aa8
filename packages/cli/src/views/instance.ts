import type { Instance } from "@sluice/client";
import { mebibytes } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";

export const instanceColumns: Column<Instance>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "revision", value: ({ revision }) => revision },
  { title: "state", value: ({ state }) => state },
  { title: "address", value: ({ address }) => (address === null ? null : `${address.host}:${address.port}`) },
  { title: "pid", value: ({ pid }) => pid },
  { title: "restarts", value: ({ restarts }) => restarts },
  { title: "memory", value: ({ usage }) => usage && mebibytes(usage.rssBytes) },
  { title: "cores", value: ({ usage }) => usage?.cpuCores.toFixed(2) ?? null },
  { title: "reason", value: ({ reason }) => reason },
];
