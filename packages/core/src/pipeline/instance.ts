/** What the program of a pipeline's instances needs of core, without the rest: there may be many of them on a machine. */
export * from "./collector.names.ts";
export * from "./node.places.ts";
export * from "./process-names.ts";
