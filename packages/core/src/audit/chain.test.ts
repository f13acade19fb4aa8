import fc from "fast-check";
import { expect, test } from "vitest";
import { type AuditEntry, chain, verifyChain } from "./chain.ts";

function makeChain(details: Record<string, unknown>[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const [index, detail] of details.entries()) {
    const record = {
      project: "p",
      seq: index + 1,
      at: "2026-01-01T00:00:00Z",
      actor: "a",
      action: "x.y",
      subject: "s",
      detail,
    };
    entries.push(chain(record, entries.at(-1)?.hash ?? ""));
  }
  return entries;
}

const headOf = (entries: AuditEntry[]) => ({ seq: entries.length, hash: entries.at(-1)?.hash ?? "" });
const details = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 10 });

test("an untouched chain is valid", () => {
  fc.assert(
    fc.property(details, (list) => {
      const entries = makeChain(list);
      expect(verifyChain(entries, headOf(entries))).toEqual({ valid: true, entries: list.length });
    }),
  );
});

test("changing any field of any entry is noticed at that entry", () => {
  const field = fc.constantFrom("at" as const, "actor" as const, "action" as const, "subject" as const);
  fc.assert(
    fc.property(details, fc.nat(), field, (list, index, name) => {
      const entries = makeChain(list);
      const at = index % entries.length;
      const forged = entries.map((entry, i) => (i === at ? { ...entry, [name]: "forged" } : entry));
      expect(verifyChain(forged, headOf(entries))).toMatchObject({ valid: false, seq: at + 1 });
    }),
  );
});

test("removing any entry is noticed, the last one too", () => {
  fc.assert(
    fc.property(details, fc.nat(), (list, index) => {
      const entries = makeChain(list);
      const shortened = entries.toSpliced(index % entries.length, 1);
      expect(verifyChain(shortened, headOf(entries)).valid).toBe(false);
    }),
  );
});
