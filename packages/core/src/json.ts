import { z } from "zod";

/**
 * Any JSON value. One schema for all, registered by name: it refers to itself, and only what has a name can be referred
 * to in an OpenAPI document.
 */
export const jsonSchema = z.json().register(z.globalRegistry, { id: "Json", description: "Any JSON value" });

export type Json = z.infer<typeof jsonSchema>;
