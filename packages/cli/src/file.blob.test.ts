import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CliError, EXIT } from "./exit.ts";
import { blobOf } from "./file.blob.ts";

test("a file is opened, and one that is not there is a mistake of the command line", async () => {
  expect((await blobOf(fileURLToPath(import.meta.url))).size).toBeGreaterThan(0);
  const refused = await blobOf("/nowhere/model.onnx").catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(CliError);
  expect(refused).toMatchObject({ exitCode: EXIT.usage, message: "/nowhere/model.onnx cannot be read" });
});
