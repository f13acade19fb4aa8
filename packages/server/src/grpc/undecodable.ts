import type { ServiceDefinition } from "@grpc/grpc-js";

/** A request as it was read; or the sign that its bytes are not the message that the method takes. */
export type Decoded = object | typeof UNDECODABLE;

const UNDECODABLE = Symbol("undecodable");

export const isUndecodable = (request: Decoded): request is typeof UNDECODABLE => request === UNDECODABLE;

/**
 * The same service, but bytes that are not the declared message reach the method as a sign. grpc-js would answer such a
 * request with INTERNAL, as if the fault were ours.
 */
export const tolerant = (service: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(service).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): Decoded => {
        try {
          return method.requestDeserialize(bytes);
        } catch {
          return UNDECODABLE;
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
