import type { LogLine } from "@sluice/core";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { DEPLOYMENT, type Subject } from "./subject.ts";

/** What programs print. */
export function describeOutput(subject: Subject): void {
  test("follows the output across instances until told to stop", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const instance = await subject.one();
    const stop = new AbortController();
    const lines: LogLine[] = [];
    const following = (async () => {
      const query = { deployment: DEPLOYMENT, revision: 1, follow: true, signal: stop.signal };
      for await (const line of subject.runtime.logs(query)) lines.push(line);
    })();
    await eventually("the first line", async () => lines.some(({ text }) => text.startsWith("listening")) || undefined);
    await subject.harness.get(instance, "/say");
    await eventually("the new line", async () => lines.some(({ text }) => text === "said something") || undefined);
    expect(lines.filter(({ text }) => text === "said something")).toEqual([
      {
        ...{ instance: instance.id, stream: "stdout", text: "said something" },
        ...{ at: expect.any(Number), next: expect.any(String) },
      },
    ]);
    await subject.runtime.apply(subject.workload("web", { replicas: 2, fence: 2 }));
    await eventually(
      "the second instance speaks",
      async () => lines.some((line) => line.instance !== instance.id) || undefined,
    );
    stop.abort();
    await following;
  });

  test("goes on behind a line, with every line once", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const instance = await subject.one();
    const followUntil = async (text: string, from?: string): Promise<LogLine[]> => {
      const lines: LogLine[] = [];
      const query = { deployment: DEPLOYMENT, follow: true, ...(from !== undefined && { from }) };
      for await (const line of subject.runtime.logs(query)) {
        lines.push(line);
        if (line.text.startsWith(text)) break;
      }
      return lines;
    };
    const before = await followUntil("listening");
    await subject.harness.get(instance, "/say");
    await subject.harness.get(instance, "/say");
    const first = await followUntil("said something", before.at(-1)?.next);
    expect(first.map(({ text }) => text)).toEqual(["said something"]);
    const second = await followUntil("said something", first.at(-1)?.next);
    expect(second.map(({ text }) => text)).toEqual(["said something"]);
  });

  test("keeps a program that prints a lot within bounds, and its last line readable", async () => {
    await subject.runtime.apply(subject.workload("flood", { env: { MEGABYTES: "40" } }));
    await subject.available();
    await eventually("the last line", async () => {
      const lines: string[] = [];
      for await (const { text } of subject.runtime.logs({ deployment: DEPLOYMENT, tail: 2 })) lines.push(text);
      return lines.at(-1) === "the last line" || undefined;
    });
  });
}
