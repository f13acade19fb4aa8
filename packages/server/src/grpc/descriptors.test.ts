import { loadSync } from "@grpc/proto-loader";
import { protoPath as HEALTH_PROTO } from "grpc-health-check";
import descriptor from "protobufjs/ext/descriptor/index.js";
import { describe, expect, test } from "vitest";
import { withWholeDescriptors } from "./descriptors.ts";
import { loadProto, messageOf } from "./proto.ts";

const definitions = withWholeDescriptors({
  ...loadSync(HEALTH_PROTO),
  ...loadProto("delos/deploy/v1/deploy.proto"),
  ...loadProto("google/rpc/details.proto"),
});

/** The files that a service's reflection tells of, by package. */
const files = new Map(
  messageOf(definitions, "delos.deploy.v1.Deployment").fileDescriptorProtos.map((bytes) => {
    const file: ReturnType<typeof JSON.parse> = descriptor.FileDescriptorProto.toObject(
      descriptor.FileDescriptorProto.decode(bytes),
    );
    return [file.package, file];
  }),
);
const fieldsOf = (message: string, name = "delos.deploy.v1") => {
  const found = files.get(name).messageType.find((one: { name: string }) => one.name === message);
  return { message: found, field: (field: string) => found.field.find((one: { name: string }) => one.name === field) };
};

describe("what reflection tells of a file", () => {
  test("names every type absolutely, and the files that they come from", () => {
    const { field } = fieldsOf("Deployment");
    expect(field("created_at").typeName).toBe(".google.protobuf.Timestamp");
    expect(field("strategy").typeName).toBe(".delos.deploy.v1.DeploymentStrategy");
    expect(files.get("delos.deploy.v1").dependency).toEqual([files.get("google.protobuf").name]);
    expect(files.get("google.protobuf").dependency ?? []).toEqual([]);
  });

  test("puts a file together of which each proto file was loaded with what it uses alone", () => {
    const names = files.get("google.protobuf").messageType.map(({ name }: { name: string }) => name);
    expect(names.sort()).toEqual(["Any", "Timestamp"]);
  });

  test("gives the entries of a map the name that the field's name gives them", () => {
    const { message, field } = fieldsOf("Deployment");
    expect(field("metadata").typeName).toBe(".delos.deploy.v1.Deployment.MetadataEntry");
    expect(message.nestedType[0]).toMatchObject({ name: "MetadataEntry", options: { mapEntry: true } });
    const health = fieldsOf("HealthListResponse", "grpc.health.v1");
    expect(health.field("statuses").typeName).toBe(".grpc.health.v1.HealthListResponse.StatusesEntry");
  });

  test("says which fields are optional, and what each is called in JSON", () => {
    const { field } = fieldsOf("DeploymentStrategy");
    expect(field("initial_percentage")).toMatchObject({ proto3Optional: true, jsonName: "initialPercentage" });
    expect(field("auto_rollback").proto3Optional ?? false).toBe(false);
  });
});
