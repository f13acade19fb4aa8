import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { z } from "zod";
import { CliError, EXIT } from "./exit.ts";

/** Every variable the command reads; flags of the same purpose win over them. */
const schema = z.object({
  SLUICE_URL: z.url({ protocol: /^https?$/, error: "expected an address such as http://127.0.0.1:8303" }).optional(),
  SLUICE_TOKEN: z.string().optional(),
  SLUICE_PROJECT: z.string().optional(),
  SLUICE_DATA_DIR: z.string().default(".sluice"),
  KUBECONFIG: z.string().optional(),
  /** Set by Kubernetes in every pod. */
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  NO_COLOR: z.string().optional(),
});

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Settings {
  url: string | null;
  token: string | null;
  project: string | null;
  /** Absolute. */
  dataDir: string;
  /** Files of the kubeconfig; empty in a pod, which has an account of its own. */
  kubeconfig: string[];
  color: boolean;
}

/** Settings from the environment. Throws a usage error that names every bad variable. */
export function readSettings(environment: Environment): Settings {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${String(issue.path[0])} is ${JSON.stringify(given[String(issue.path[0])])}; ${issue.message}`,
    );
    throw new CliError(EXIT.usage, problems.join("\n"));
  }
  const values = parsed.data;
  return {
    url: values.SLUICE_URL ?? null,
    token: values.SLUICE_TOKEN ?? null,
    project: values.SLUICE_PROJECT ?? null,
    dataDir: resolve(values.SLUICE_DATA_DIR),
    kubeconfig: kubeconfigOf(values.KUBECONFIG, values.KUBERNETES_SERVICE_HOST !== undefined),
    color: values.NO_COLOR === undefined,
  };
}

function kubeconfigOf(files: string | undefined, isPod: boolean): string[] {
  if (files !== undefined) return files.split(delimiter).filter((file) => file !== "");
  return isPod ? [] : [join(homedir(), ".kube", "config")];
}

/** Variables that are the command's alone: the server refuses what it does not know. */
const OURS = ["SLUICE_URL", "SLUICE_TOKEN", "SLUICE_PROJECT"];

/** The environment for a server that this command starts, with its data in `dataDir`. */
export const serverEnvironment = (environment: Environment, dataDir: string): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => !OURS.includes(name))),
  SLUICE_DATA_DIR: dataDir,
});

export const processEnvironment = (): Environment => process.env;
