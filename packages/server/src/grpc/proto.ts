import { fileURLToPath } from "node:url";
import type { ServiceDefinition } from "@grpc/grpc-js";
import { type AnyDefinition, loadSync, type MessageTypeDefinition, type PackageDefinition } from "@grpc/proto-loader";

const FOLDER = fileURLToPath(new URL("../../../../proto/", import.meta.url));

/** What a file in `proto/` declares. Fields keep the names that they have there; those that are not set have their default. */
export const loadProto = (file: string): PackageDefinition =>
  loadSync(file, { includeDirs: [FOLDER], keepCase: true, enums: String, longs: Number, defaults: true });

type Message = MessageTypeDefinition<object, object>;

export function serviceOf(definition: PackageDefinition, name: string): ServiceDefinition {
  const found = definition[name];
  if (found === undefined || isType(found)) throw new Error(`no service ${name} is declared`);
  return found;
}

export function messageOf(definition: PackageDefinition, name: string): Message {
  const found = definition[name];
  if (found === undefined || !isType(found) || !isMessage(found)) throw new Error(`no message ${name} is declared`);
  return found;
}

type TypeDefinition = Exclude<AnyDefinition, ServiceDefinition>;

const isType = (found: AnyDefinition): found is TypeDefinition => typeof found.format === "string";
const isMessage = (found: TypeDefinition): found is Message => "serialize" in found;
