import type { MetricSource } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { evaluationSource } from "./evaluation.source.ts";
import { fileSource } from "./file.source.ts";
import type { MetricSourceReader } from "./metric.source.ts";
import { prometheusSource } from "./prometheus.source.ts";
import { webhookSource } from "./webhook.source.ts";

export interface SourceDeps {
  db: Db;
  /** Folder that files are in. */
  root: string;
}

export function sourceReader(source: MetricSource, { db, root }: SourceDeps): MetricSourceReader {
  switch (source.type) {
    case "prometheus":
      return prometheusSource(source);
    case "webhook":
      return webhookSource(source);
    case "file":
      return fileSource(source, root);
    case "evaluations":
      return evaluationSource(source, db);
  }
}
