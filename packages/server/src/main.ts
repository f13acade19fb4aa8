import { enableCompileCache } from "node:module";

// Kept between starts, compiled modules are a third of a start. What is imported before this would not be kept.
enableCompileCache();
await import("./program.ts");
