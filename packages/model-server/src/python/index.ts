export { runChild } from "./child.ts";
export { pythonFor } from "./python.environment.ts";
