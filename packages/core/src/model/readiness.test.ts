import { expect, test } from "vitest";
import { assertReady, mergeFiles, sameFiles } from "./readiness.ts";

const file = (name: string, sha256 = "a", path = `u1/${name}`) => ({ name, bytes: 1, sha256, path });

test("only a READY version is deployed, and others say what they lack", () => {
  expect(() => assertReady({ id: 1, status: "READY", reason: null })).not.toThrow();
  expect(() => assertReady({ id: 1, status: "PENDING", reason: null })).toThrow("its files were not uploaded yet");
  expect(() => assertReady({ id: 1, status: "FAILED", reason: "the disk is full" })).toThrow("the disk is full");
});

test("files are the same by name and content, wherever they are kept", () => {
  expect(sameFiles([file("a"), file("b")], [file("b", "a", "u2/b"), file("a", "a", "u2/a")])).toBe(true);
  expect(sameFiles([file("a")], [file("a", "b")])).toBe(false);
  expect(sameFiles([file("a")], [file("a"), file("b")])).toBe(false);
});

test("an upload replaces files of the same name and leaves the others", () => {
  const merged = mergeFiles([file("a"), file("b")], [file("b", "x", "u2/b"), file("c")]);
  expect(merged.files.map(({ name, sha256 }) => [name, sha256])).toEqual([
    ["a", "a"],
    ["b", "x"],
    ["c", "a"],
  ]);
  expect(merged.replaced.map(({ path }) => path)).toEqual(["u1/b"]);
});
