import type { AnyDefinition, PackageDefinition } from "@grpc/proto-loader";
import descriptor from "protobufjs/ext/descriptor/index.js";

/**
 * What server reflection tells of a service's files. proto-loader makes the descriptors with protobufjs, which leaves out what
 * strict clients (grpcurl among them) insist on; this puts it right:
 *
 * - names of types are absolute, and a file lists the files that they come from;
 * - the hidden message of a map field has the name that the field's name gives it;
 * - a field says what it is called in JSON;
 * - an `optional` field says that it is one, and is no member of a oneof that somebody wrote.
 */

interface Field {
  name: string;
  typeName?: string;
  jsonName?: string;
  oneofIndex?: number;
  proto3Optional?: boolean;
}

interface Message {
  name: string;
  field?: Field[];
  nestedType?: Message[];
  enumType?: { name: string }[];
  oneofDecl?: { name: string }[];
  options?: { mapEntry?: boolean };
}

interface Service {
  method?: { inputType: string; outputType: string }[];
}

interface File {
  name: string;
  package: string;
  dependency?: string[];
  messageType?: Message[];
  enumType?: { name: string }[];
  service?: Service[];
}

const { FileDescriptorProto } = descriptor;

/** The same definitions, with descriptors as protoc makes them. */
export function withWholeDescriptors(definitions: PackageDefinition): PackageDefinition {
  const whole = repair(filesOf(definitions)).map((file) =>
    Buffer.from(FileDescriptorProto.encode(FileDescriptorProto.fromObject(file)).finish()),
  );
  const isType = (definition: AnyDefinition): boolean => Array.isArray(definition.fileDescriptorProtos);
  return Object.fromEntries(
    Object.entries(definitions).map(([name, definition]) => [
      name,
      isType(definition) ? Object.assign({}, definition, { fileDescriptorProtos: whole }) : definition,
    ]),
  );
}

/**
 * Each once: every definition carries all files that it was loaded with. Of a file that several were loaded with (Google's own
 * types), each has only what it uses, so they are put together.
 */
function filesOf(definitions: PackageDefinition): File[] {
  const files = new Map<string, File>();
  for (const definition of Object.values(definitions)) {
    if (!Array.isArray(definition.fileDescriptorProtos)) continue;
    for (const bytes of definition.fileDescriptorProtos) {
      const file = FileDescriptorProto.toObject(FileDescriptorProto.decode(bytes)) as File;
      files.set(file.name, together(files.get(file.name) ?? file, file));
    }
  }
  return [...files.values()];
}

function together(known: File, file: File): File {
  const names = new Set(namesIn(known));
  const isNew = ({ name }: { name: string }): boolean => !names.has(`${file.package}.${name}`);
  const { messageType = [], enumType = [] } = known;
  return {
    ...known,
    messageType: [...messageType, ...(file.messageType ?? []).filter(isNew)],
    enumType: [...enumType, ...(file.enumType ?? []).filter(isNew)],
  };
}

function repair(files: readonly File[]): File[] {
  for (const file of files) for (const message of file.messageType ?? []) nameMapEntries(message);
  const home = new Map(files.flatMap((file) => namesIn(file).map((name) => [name, file.name] as const)));
  return files.map((file) => {
    const used = new Set<string>();
    const absolute = (name: string, scope: string): string => {
      const full = resolve(name, scope, home);
      used.add(home.get(full) ?? file.name);
      return `.${full}`;
    };
    for (const message of file.messageType ?? []) resolveFields(message, file.package, absolute);
    for (const method of (file.service ?? []).flatMap((service) => service.method ?? [])) {
      method.inputType = absolute(method.inputType, file.package);
      method.outputType = absolute(method.outputType, file.package);
    }
    used.delete(file.name);
    return { ...file, dependency: [...used] };
  });
}

/** `statuses` has entries of type `StatusesEntry`. */
function nameMapEntries(message: Message): void {
  const entries = new Set(
    (message.nestedType ?? []).filter(({ options }) => options?.mapEntry).map(({ name }) => name),
  );
  for (const field of message.field ?? []) {
    const entry = field.typeName?.split(".").at(-1) ?? "";
    if (!entries.has(entry)) continue;
    const name = `${field.name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Entry`;
    for (const nested of message.nestedType ?? []) if (nested.name === entry) nested.name = name;
    field.typeName = name;
  }
  for (const nested of message.nestedType ?? []) nameMapEntries(nested);
}

function resolveFields(message: Message, scope: string, absolute: (name: string, scope: string) => string): void {
  const here = `${scope}.${message.name}`;
  for (const field of message.field ?? []) {
    field.jsonName = field.name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (field.typeName !== undefined && field.typeName !== "") field.typeName = absolute(field.typeName, here);
    const oneof = field.oneofIndex === undefined ? undefined : message.oneofDecl?.[field.oneofIndex];
    if (oneof?.name === `_${field.name}`) field.proto3Optional = true;
  }
  for (const nested of message.nestedType ?? []) resolveFields(nested, here, absolute);
}

/** Full names of all messages and enums of a file. */
function namesIn(file: File): string[] {
  const inside = (
    scope: string,
    { messageType = [], enumType = [] }: Pick<File, "messageType" | "enumType">,
  ): string[] => [
    ...enumType.map(({ name }) => `${scope}.${name}`),
    ...messageType.flatMap((message) => {
      const full = `${scope}.${message.name}`;
      const { nestedType = [], enumType: enums = [] } = message;
      return [full, ...inside(full, { messageType: nestedType, enumType: enums })];
    }),
  ];
  return inside(file.package, file);
}

/** As protoc looks names up: from the innermost scope outwards. */
function resolve(name: string, scope: string, known: ReadonlyMap<string, string>): string {
  if (name.startsWith(".")) return name.slice(1);
  for (
    let around = scope;
    around !== "";
    around = around.includes(".") ? around.slice(0, around.lastIndexOf(".")) : ""
  ) {
    if (known.has(`${around}.${name}`)) return `${around}.${name}`;
  }
  return name;
}
