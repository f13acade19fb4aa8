import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceDefinition,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from "@grpc/proto-loader";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { loadProto, messageOf, serviceOf } from "../proto.ts";

/** A client that knows nothing of the service but its address: it asks the server's reflection, as `grpcurl` does. */
export interface ReflectingClient {
  /** Names of the services that the server has. */
  services: string[];
  /** The file that declares a type, as the server tells of it; rejects when it knows none. */
  fileOf(symbol: string): Promise<Answer>;
  /** Calls `package.Service/Method`. Rejects with a `GrpcFailure`. */
  call(method: string, request: object, options?: Options): Promise<Answer>;
  /** The same with bytes that need not be a message. */
  callRaw(method: string, bytes: Buffer, options?: Options): Promise<Answer>;
  close(): void;
}

export interface Options {
  token?: string;
  deadlineMs?: number;
  signal?: AbortSignal;
  authority?: string;
}

/** As `JSON.parse` has it: an answer's fields are what is tested, by their names. */
export type Answer = ReturnType<typeof JSON.parse>;

/** What a call failed with, its google.rpc details unpacked. */
export class GrpcFailure extends Error {
  override readonly name = "GrpcFailure";
  readonly code: string;
  readonly violations: { field: string; description: string }[];
  readonly reason: string | null;
  readonly requestId: string | null;

  constructor(error: ServiceError) {
    super(error.details, { cause: error });
    this.code = status[error.code] ?? String(error.code);
    const found = detailsOf(error.metadata);
    this.violations = found.get("google.rpc.BadRequest")?.field_violations ?? [];
    this.reason = found.get("google.rpc.ErrorInfo")?.reason ?? null;
    this.requestId = found.get("google.rpc.RequestInfo")?.request_id ?? null;
  }
}

const DETAILS = loadProto("google/rpc/details.proto");

function detailsOf(metadata: Metadata | undefined): Map<string, Answer> {
  const [packed] = metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(packed)) return new Map();
  const { details }: Answer = messageOf(DETAILS, "google.rpc.Status").deserialize(packed);
  return new Map(
    details.map(({ type_url, value }: { type_url: string; value: Buffer }) => {
      const name = type_url.replace("type.googleapis.com/", "");
      return [name, messageOf(DETAILS, name).deserialize(value)];
    }),
  );
}

interface ClientOptions {
  channel?: ChannelCredentials;
  /** Of the reflection protocol. */
  version?: "v1" | "v1alpha";
}

const JSON_LIKE = { keepCase: true, enums: String, longs: Number, defaults: true } as const;

export async function reflectingClient(
  address: string,
  { channel = credentials.createInsecure(), version = "v1" }: ClientOptions = {},
): Promise<ReflectingClient> {
  const client = new Client(address, channel);
  const ask = (question: object): Promise<Answer> => reflect(client, version, question);
  const definitions = new Map<string, ServiceDefinition>();
  const { service: listed } = (await ask({ list_services: "*" })).list_services_response;
  const services: string[] = listed.map(({ name }: { name: string }) => name);
  for (const name of services) {
    definitions.set(name, serviceOf(definitionsIn(await ask({ file_containing_symbol: name })), name));
  }

  const methodOf = (path: string) => {
    const [service = "", method = ""] = path.split("/");
    const found = definitions.get(service)?.[method];
    if (found === undefined) throw new Error(`the server's reflection knows no ${path}`);
    return found;
  };
  const send = (path: string, serialize: (request: object) => Buffer, request: object, options: Options = {}) => {
    const { responseDeserialize, path: full } = methodOf(path);
    return unary(client, { path: full, serialize, deserialize: responseDeserialize }, request, options);
  };
  return {
    services,
    fileOf: async (symbol) => fileIn(await ask({ file_containing_symbol: symbol })),
    call: async (path, request, options) =>
      withMaps(await send(path, methodOf(path).requestSerialize, withEntries(request), options)),
    callRaw: (path, bytes, options) => send(path, () => bytes, {}, options),
    close: () => client.close(),
  };
}

/** protobufjs reads the maps of a descriptor as what they are on the wire: lists of entries. */
function withMaps(value: Answer): Answer {
  if (Array.isArray(value)) {
    const isMap = value.length > 0 && value.every((entry) => Object.keys(entry).sort().join() === "key,value");
    return isMap ? Object.fromEntries(value.map(({ key, value: text }) => [key, text])) : value.map(withMaps);
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withMaps(inner)]));
}

const withEntries = (request: object): object =>
  "metadata" in request && typeof request.metadata === "object" && request.metadata !== null
    ? { ...request, metadata: Object.entries(request.metadata).map(([key, value]) => ({ key, value })) }
    : request;

interface Call {
  path: string;
  serialize(request: object): Buffer;
  deserialize(bytes: Buffer): object;
}

function unary(
  client: Client,
  { path, serialize, deserialize }: Call,
  request: object,
  options: Options,
): Promise<Answer> {
  const { token, deadlineMs, signal, authority } = options;
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const callOptions: CallOptions = {
    ...(deadlineMs !== undefined && { deadline: Date.now() + deadlineMs }),
    ...(authority !== undefined && { host: authority }),
  };
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      serialize,
      deserialize,
      request,
      metadata,
      callOptions,
      (error, answer) => (error === null ? resolve(answer) : reject(new GrpcFailure(error))),
    );
    signal?.addEventListener("abort", () => call.cancel(), { once: true });
  });
}

/** One question to the reflection service. */
function reflect(client: Client, version: string, question: object): Promise<Answer> {
  const folder = dirname(createRequire(import.meta.url).resolve("@grpc/reflection/package.json"));
  const file = join(folder, `build/proto/grpc/reflection/${version}/reflection.proto`);
  const service = serviceOf(loadSync(file, { keepCase: true }), `grpc.reflection.${version}.ServerReflection`);
  const method = service.ServerReflectionInfo;
  if (method === undefined) throw new Error("reflection has no ServerReflectionInfo");
  return new Promise((resolve, reject) => {
    const stream = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
    stream.once("error", reject);
    stream.once("data", (answer: Answer) => {
      if (answer.error_response) reject(new Error(answer.error_response.error_message));
      else resolve(answer);
      stream.end();
    });
    stream.write(question);
  });
}

function fileIn(answer: Answer): Answer {
  const [bytes] = answer.file_descriptor_response.file_descriptor_proto;
  return descriptor.FileDescriptorProto.toObject(descriptor.FileDescriptorProto.decode(bytes));
}

function definitionsIn(answer: Answer): PackageDefinition {
  const files = answer.file_descriptor_response.file_descriptor_proto.map((bytes: Buffer) =>
    descriptor.FileDescriptorProto.decode(bytes),
  );
  const set = descriptor.FileDescriptorSet.encode(descriptor.FileDescriptorSet.fromObject({ file: files })).finish();
  return loadFileDescriptorSetFromBuffer(Buffer.from(set), JSON_LIKE);
}
