import type { Revision } from "@sluice/client";
import { age } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";

export const revisionColumns = (now: number): Column<Revision>[] => [
  { title: "revision", value: ({ revision }) => revision },
  { title: "version", value: ({ version }) => version },
  { title: "role", value: ({ role }) => role },
  { title: "digest", value: ({ digest }) => digest.slice(0, "sha256:".length + 12) },
  { title: "by", value: ({ createdBy }) => createdBy },
  { title: "age", value: ({ createdAt }) => age(createdAt, now) },
];
