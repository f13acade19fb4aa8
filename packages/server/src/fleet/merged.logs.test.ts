import { describe, expect, test } from "vitest";
import { merged } from "./merged.logs.ts";

async function* of(...words: string[]): AsyncGenerator<string> {
  for (const word of words) yield word;
}

async function collect(source: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const word of source) found.push(word);
  return found;
}

describe("several sources at once", () => {
  test("say all that each says, each in its order", async () => {
    const found = await collect(merged([of("a1", "a2"), of(), of("b1", "b2", "b3")]));
    expect(found.filter((word) => word.startsWith("a"))).toEqual(["a1", "a2"]);
    expect(found.filter((word) => word.startsWith("b"))).toEqual(["b1", "b2", "b3"]);
  });

  test("do not wait for one that is silent", async () => {
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    for await (const word of merged<string>([silent, of("heard")])) {
      expect(word).toBe("heard");
      break;
    }
  });

  test("end with the error of one that breaks", async () => {
    const broken = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("broken")) }) };
    await expect(collect(merged<string>([broken]))).rejects.toThrow("broken");
  });
});
