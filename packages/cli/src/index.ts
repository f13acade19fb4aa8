export { EXIT, EXIT_MEANINGS, type ExitCode } from "./exit.ts";
export type { Io, Picture, Screen } from "./io.ts";
export { createProgram, run } from "./program.ts";
export { type Canvas, renderRollout } from "./watch/render.ts";
export type { RolloutView } from "./watch/view.ts";
