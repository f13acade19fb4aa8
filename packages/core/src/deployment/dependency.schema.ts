import { z } from "zod";
import { nameSchema } from "../names.ts";

export const DEPENDENCY_TYPES = ["http", "tcp", "grpc"] as const;
export type DependencyType = (typeof DEPENDENCY_TYPES)[number];

/** How many may be named, so that they can all be asked at once. */
const MAX_DEPENDENCIES = 32;

const dependencySchema = z
  .strictObject({
    name: nameSchema,
    type: z.enum(DEPENDENCY_TYPES),
    /** `host:port`; `http://` or `https://` before it for HTTP, `https://` for gRPC over TLS. */
    address: z.string().min(1).max(512),
    /** What is asked for by HTTP; anything from 200 to 399 is well. */
    path: z
      .string()
      .max(2_048)
      .regex(/^\/[^\s#]*$/, "a path that begins with '/'")
      .optional(),
    /** Which service a gRPC server is asked about; without it, about itself. */
    service: z.string().min(1).max(255).optional(),
    /** Whether a version may not come without it. */
    required: z.boolean().default(true),
    timeoutSeconds: z.number().min(0.1).max(10).default(3),
  })
  .superRefine((dependency, context) => {
    const { type, address, path, service } = dependency;
    const refuse = (field: string, allowed: string): void => {
      context.addIssue({ code: "custom", path: [field], message: allowed });
    };
    if (parseAddress(type, address) === null) refuse("address", ADDRESSES[type]);
    if (path !== undefined && type !== "http") refuse("path", `nothing: a dependency of type ${type} has no path`);
    if (service !== undefined && type !== "grpc") {
      refuse("service", `nothing: a dependency of type ${type} has no service`);
    }
  });

/** Services that a version needs, asked before anything of it runs. Each name once. */
export const dependenciesSchema = z
  .array(dependencySchema)
  .max(MAX_DEPENDENCIES)
  .superRefine((dependencies, context) => {
    const seen = new Set<string>();
    for (const [index, { name }] of dependencies.entries()) {
      if (seen.has(name)) {
        const message = "a name that no dependency before it has";
        context.addIssue({ code: "custom", path: [index, "name"], message });
      }
      seen.add(name);
    }
  });

export type Dependency = z.infer<typeof dependencySchema>;

export interface DependencyAddress {
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: number;
  tls: boolean;
}

const ADDRESSES: Readonly<Record<DependencyType, string>> = {
  http: "host:port, http://host or https://host with an optional port, without user, path, query or fragment",
  tcp: "host:port, such as 127.0.0.1:5432 or [::1]:5432",
  grpc: "host:port, or https://host:port for TLS, without user, path, query or fragment",
};

const SCHEMES: Readonly<Record<DependencyType, readonly string[]>> = {
  http: ["http", "https"],
  tcp: [],
  grpc: ["http", "https"],
};

/** Where a dependency listens; null for what is no address of its type. A user or password in it is refused. */
export function parseAddress(type: DependencyType, address: string): DependencyAddress | null {
  const [, scheme, rest = ""] = /^(?:([a-z]+):\/\/)?(\S*)$/.exec(address) ?? [];
  if (scheme !== undefined && !SCHEMES[type].includes(scheme)) return null;
  const [, bracketed, plain, digits] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?\/?$/.exec(rest) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || (rest.endsWith("/") && scheme === undefined)) return null;
  const tls = scheme === "https";
  const port = digits === undefined ? defaultPort(scheme) : Number(digits);
  return port === null || port < 1 || port > 65_535 ? null : { host, port, tls };
}

const defaultPort = (scheme: string | undefined): number | null =>
  scheme === "https" ? 443 : scheme === "http" ? 80 : null;
