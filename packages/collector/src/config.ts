/** What a runtime tells its instances, and what of its own environment the collector gets. Read here and nowhere else. */
export interface InstanceConfig {
  port: number;
  instance: string;
  environment: Record<string, string | undefined>;
}

/** Null when it was not started by a runtime. */
export function readInstanceConfig(): InstanceConfig | null {
  const { PORT, SLUICE_INSTANCE, PATH, HOME, TMPDIR, LANG, TZ } = process.env;
  if (PORT === undefined || SLUICE_INSTANCE === undefined) return null;
  return {
    port: Number(PORT),
    instance: SLUICE_INSTANCE,
    environment: { PATH, HOME, TMPDIR, LANG, TZ, SLUICE_INSTANCE },
  };
}
