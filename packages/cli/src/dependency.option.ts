import type { Dependency } from "@sluice/core";
import { InvalidArgumentError, type Option } from "commander";
import { option } from "./command.ts";

type DependencyInput = Pick<Dependency, "name" | "type" | "address"> & Partial<Dependency>;

const EXPECTED =
  "Expected NAME=tcp:HOST:PORT, NAME=http://HOST[:PORT][/PATH] (or https), or NAME=grpc:HOST:PORT[/SERVICE] (grpcs with TLS); NAME? when it is not required.";

/** An option that may be given many times; the server checks names and addresses. */
export const dependencyOption = (): Option =>
  option(
    "--dependency <name=address>",
    "service that must answer first: db=tcp:HOST:PORT, api=http://HOST/healthz, m=grpc:HOST:PORT; db?=… when not required; may be repeated",
  ).argParser((text, previous: DependencyInput[] = []) => {
    const dependency = parseDependency(text);
    if (dependency === null) throw new InvalidArgumentError(EXPECTED);
    return [...previous, dependency];
  });

/** Null for what says neither a name nor an address of a known kind. */
export function parseDependency(text: string): DependencyInput | null {
  const [, name, optional, address] = /^([^=?]+)(\?)?=(\S+)$/.exec(text) ?? [];
  if (name === undefined || address === undefined) return null;
  const where = parseAddress(address);
  return where === null ? null : { name, ...where, ...(optional === undefined ? {} : { required: false }) };
}

function parseAddress(text: string): Omit<DependencyInput, "name"> | null {
  const [, scheme, rest, path] = /^(https?:\/\/|grpcs?:|tcp:)([^/]+)(\/.*)?$/.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) return null;
  if (scheme === "tcp:") return path === undefined ? { type: "tcp", address: rest } : null;
  if (scheme.startsWith("http")) {
    return { type: "http", address: `${scheme}${rest}`, ...(path === undefined ? {} : { path }) };
  }
  const service = path?.slice(1) ?? "";
  const address = scheme === "grpcs:" ? `https://${rest}` : rest;
  return { type: "grpc", address, ...(service === "" ? {} : { service }) };
}
