export { createModelServer } from "./model.server.ts";
