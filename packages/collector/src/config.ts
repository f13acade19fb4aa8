/** What a runtime tells its instances, and what of its own environment the collector gets. Read here and nowhere else. */
export interface InstanceConfig {
  /** Address that the instance's port is opened on. */
  host: string;
  port: number;
  instance: string;
  environment: Record<string, string | undefined>;
  /** In a cluster: where the pod is, and what it is to run. Null: on a machine, where instances agree about it. */
  pod: { file: string; node: string; replica: number } | null;
}

/** Null when it was not started by a runtime. */
export function readInstanceConfig(): InstanceConfig | null {
  const { PORT, HOST, SLUICE_INSTANCE, PATH, HOME, TMPDIR, LANG, TZ } = process.env;
  const { SLUICE_PIPELINE_FILE, SLUICE_NODE, SLUICE_REPLICA } = process.env;
  if (PORT === undefined || SLUICE_INSTANCE === undefined) return null;
  return {
    host: HOST ?? "127.0.0.1",
    port: Number(PORT),
    instance: SLUICE_INSTANCE,
    environment: { PATH, HOME, TMPDIR, LANG, TZ, SLUICE_INSTANCE },
    pod:
      SLUICE_PIPELINE_FILE === undefined || SLUICE_NODE === undefined
        ? null
        : { file: SLUICE_PIPELINE_FILE, node: SLUICE_NODE, replica: Number(SLUICE_REPLICA ?? 0) },
  };
}
