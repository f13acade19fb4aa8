import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arriving } from "./parts.ts";

async function cutInto(body: Readable, most: number): Promise<string[]> {
  const incoming = arriving(body);
  const parts: string[] = [];
  while (await incoming.more()) parts.push(Buffer.concat(await Array.fromAsync(incoming.part(most))).toString());
  return parts;
}

test("however a body comes, its parts are full but for the last, and are all of it", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme-ascii", maxLength: 12 })),
      fc.integer({ min: 1, max: 9 }),
      async (chunks, most) => {
        const parts = await cutInto(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), most);
        expect(parts.join("")).toBe(chunks.join(""));
        expect(parts.slice(0, -1).every(({ length }) => length === most)).toBe(true);
        expect(parts.every(({ length }) => length > 0)).toBe(true);
      },
    ),
  );
});

test("what came before a break is kept", async () => {
  const breaks = async function* () {
    yield Buffer.from("01234");
    throw new Error("the caller left");
  };
  expect(await cutInto(Readable.from(breaks()), 3)).toEqual(["012", "34"]);
});
