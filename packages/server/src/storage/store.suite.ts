import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ObjectStore } from "./object-store.ts";
import { removeAll } from "./object-store.ts";

interface Opened {
  store: ObjectStore;
  /** Everything the store holds on to beside objects: parts and files that are being written. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

const BUCKET = "models";
const at = (key: string) => ({ bucket: BUCKET, key });

/** What every store must do, run over each. */
export function describeStore(open: () => Promise<Opened>): void {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
    await opened.store.prepare(BUCKET);
  });
  afterAll(() => opened?.close());

  const put = (key: string, text: string | Buffer) => opened.store.put(at(key), Readable.from([Buffer.from(text)]));
  const read = async (key: string, from?: number) => (await buffer(await opened.store.get(at(key), from))).toString();
  const keys = async (folder: string) => (await Array.fromAsync(opened.store.list(at(folder)))).map(({ key }) => key);

  test("keeps what it is given, and gives it back from any byte on", async () => {
    await put("a/model.onnx", "0123456789");
    expect(await read("a/model.onnx")).toBe("0123456789");
    expect(await read("a/model.onnx", 7)).toBe("789");
    expect(await opened.store.stat(at("a/model.onnx"))).toMatchObject({
      bucket: BUCKET,
      key: "a/model.onnx",
      bytes: 10,
    });
  });

  test("puts new content in place of the old, and its tag changes", async () => {
    await put("replaced", "one");
    const before = await opened.store.stat(at("replaced"));
    await put("replaced", "another");
    expect(await read("replaced")).toBe("another");
    expect((await opened.store.stat(at("replaced")))?.tag).not.toBe(before?.tag);
  });

  test("keeps an empty object, and one of many parts", async () => {
    await put("empty", "");
    expect(await opened.store.stat(at("empty"))).toMatchObject({ bytes: 0 });
    expect(await read("empty")).toBe("");
    const block = randomBytes(1_048_576);
    const blocks = 36;
    await opened.store.put(at("large"), Readable.from(Array.from({ length: blocks }, () => block)));
    const kept = await buffer(await opened.store.get(at("large"), (blocks - 1) * block.length));
    expect((await opened.store.stat(at("large")))?.bytes).toBe(blocks * block.length);
    expect(kept.equals(block)).toBe(true);
  });

  test.each([0, 20])(
    "keeps nothing of a stream that breaks after %d blocks, and what was there stays",
    async (blocks) => {
      await put("cut", "whole");
      const broken = Readable.from(
        (async function* () {
          for (let index = 0; index < blocks; index += 1) yield Buffer.alloc(1_048_576);
          throw new Error("the caller left");
        })(),
      );
      await expect(opened.store.put(at("cut"), broken)).rejects.toThrow("the caller left");
      expect(await read("cut")).toBe("whole");
      expect(await opened.leftovers()).toEqual([]);
    },
  );

  test("lists what is below a folder, by key, and nothing beside it", async () => {
    for (const key of ["list/b", "list/a", "list/deep/er/c", "listed", "li"]) await put(key, key);
    expect(await keys("list")).toEqual(["list/a", "list/b", "list/deep/er/c"]);
    expect(await keys("nothing")).toEqual([]);
  });

  test("forgets what is removed, and does not mind what is not there", async () => {
    await put("gone/x", "x");
    await put("gone/y/z", "z");
    await removeAll(opened.store, at("gone"));
    expect(await keys("gone")).toEqual([]);
    expect(await opened.store.stat(at("gone/x"))).toBeNull();
    await expect(opened.store.remove(at("gone/x"))).resolves.toBeUndefined();
    await expect(opened.store.get(at("gone/x"))).rejects.toMatchObject({ code: "not_found" });
  });

  test("keeps many at once", async () => {
    const names = Array.from({ length: 24 }, (_, index) => `many/${String(index).padStart(2, "0")}`);
    await Promise.all(names.map((name) => put(name, name)));
    expect(await keys("many")).toEqual(names);
    expect(await Promise.all(names.map((name) => read(name)))).toEqual(names);
  });

  test("makes a bucket once, and again without harm", async () => {
    await opened.store.prepare("another");
    await opened.store.prepare("another");
    await opened.store.put({ bucket: "another", key: "k" }, Readable.from([Buffer.from("v")]));
    expect((await buffer(await opened.store.get({ bucket: "another", key: "k" }))).toString()).toBe("v");
  });
}
