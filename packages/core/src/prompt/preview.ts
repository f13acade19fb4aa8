/** What fills in prompts, for whoever needs nothing else of the core. */
export type { PromptContent } from "./content.ts";
export { renderPrompt } from "./render.ts";
export { parseTemplate, placeholdersOf } from "./template.ts";
export type { PromptVariable } from "./variable.schema.ts";
