import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Incident, type IncidentSignal, judgeSignal, type Verdict } from "./incident.ts";

const LIMIT = { messages: 3, perSeconds: 60 };
const fire = (rollout: string | null): IncidentSignal => ({ state: "firing", rollout });
const end = (rollout: string | null, of: "rollout" | "deployment"): IncidentSignal => ({
  state: "resolved",
  rollout,
  of,
});

/** Verdicts of signals, one a second unless they say when. */
function play(signals: (IncidentSignal & { now?: number })[], limit = LIMIT): Verdict[] {
  let incident: Incident | null = null;
  return signals.map((signal, index) => {
    const verdict = judgeSignal(incident, signal, { now: signal.now ?? index * 1_000, newId: `inc_${index}`, limit });
    incident = verdict.incident;
    return verdict;
  });
}

const said = (verdicts: Verdict[]): string[] => verdicts.map(({ say }) => say);

describe("an incident", () => {
  test("is told once, however often it is seen, until it is over", () => {
    const verdicts = play([fire("rol_1"), fire("rol_1"), end("rol_1", "rollout"), end("rol_1", "rollout")]);
    expect(said(verdicts)).toEqual(["tell", "silent", "tell", "silent"]);
    expect(new Set(verdicts.map(({ incident }) => incident?.id))).toEqual(new Set(["inc_0"]));
  });

  test("is told again for another rollout with the same failure, under the same id", () => {
    const verdicts = play([fire("rol_1"), fire("rol_2"), end("rol_3", "deployment"), fire("rol_4")]);
    expect(said(verdicts)).toEqual(["tell", "tell", "tell", "tell"]);
    expect(verdicts.map(({ incident }) => incident?.id)).toEqual(["inc_0", "inc_0", "inc_0", "inc_3"]);
  });

  test("is not ended by another rollout's end, and ended by the deployment's", () => {
    expect(said(play([fire("rol_1"), end("rol_2", "rollout"), end("rol_2", "deployment")]))).toEqual([
      "tell",
      "silent",
      "tell",
    ]);
  });

  test("of a deployment that flaps is no storm: what is above the limit is held back, and counted", () => {
    const storm = Array.from({ length: 10 }, (_, index) => fire(`rol_${index}`));
    const verdicts = play([...storm, { ...fire("rol_late"), now: 120_000 }]);
    expect(said(verdicts).slice(0, 10)).toEqual([...Array(3).fill("tell"), ...Array(7).fill("hold back")]);
    expect(verdicts.at(-1)).toMatchObject({ say: "tell", heldBack: 7 });
  });

  test("that was held back has no end to tell", () => {
    const flapping = Array.from({ length: 5 }, (_, index) => [fire(`rol_${index}`), end(`rol_${index}`, "rollout")]);
    expect(said(play(flapping.flat()))).toEqual([
      ...Array(6).fill("tell"),
      "hold back",
      "silent",
      "hold back",
      "silent",
    ]);
  });

  test("tells an end exactly when it told the beginning, and never more beginnings than its limit", () => {
    const signals = fc.array(
      fc.oneof(
        fc.constantFrom("rol_1", "rol_2", "rol_3").map(fire),
        fc
          .tuple(fc.constantFrom("rol_1", "rol_2"), fc.constantFrom("rollout" as const, "deployment" as const))
          .map(([rollout, of]) => end(rollout, of)),
      ),
      { maxLength: 80 },
    );
    fc.assert(
      fc.property(signals, fc.integer({ min: 1, max: 5 }), (all, messages) => {
        const verdicts = play(all, { messages, perSeconds: 1_000 });
        let announced = false;
        let told = 0;
        let held = 0;
        for (const [index, { say, heldBack }] of verdicts.entries()) {
          const beginning = all[index]?.state === "firing";
          if (say === "hold back") held += 1;
          if (say !== "tell") continue;
          expect(heldBack).toBe(held);
          held = 0;
          if (beginning) {
            announced = true;
            told += 1;
          } else {
            expect(announced).toBe(true);
            announced = false;
          }
        }
        expect(told).toBeLessThanOrEqual(messages);
      }),
    );
  });
});
