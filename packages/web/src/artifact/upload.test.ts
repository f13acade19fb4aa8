import { expect, test } from "vitest";
import { after, type Happening, isMoving, nextOf, percentOf, type Sending, stateText } from "./upload.ts";

const chosen: Happening = {
  type: "chosen",
  files: [
    { name: "requirements.txt", size: 100 },
    { name: "model.onnx", size: 1_000 },
  ],
};
const play = (...happenings: Happening[]): Sending[] => happenings.reduce<Sending[]>(after, []);
const told = (...happenings: Happening[]): string[] => play(chosen, ...happenings).map(stateText);

test("files are sent one after the other, and each says how far it is", () => {
  expect(told()).toEqual(["waits for its turn", "waits for its turn"]);
  expect(told({ type: "begun", index: 0 }, { type: "arrived", index: 0, bytes: 50 })).toEqual([
    "50 %",
    "waits for its turn",
  ]);
  const first: Happening[] = [
    { type: "begun", index: 0 },
    { type: "done", index: 0 },
  ];
  expect(told(...first, { type: "arrived", index: 1, bytes: 1_000 })).toEqual(["uploaded", "99 %, being checked"]);
  expect(nextOf(play(chosen, ...first))).toBe(1);
  expect(nextOf(play(chosen, ...first, { type: "done", index: 1 }))).toBe(-1);
});

test("what breaks is told and moves on, what is paused or refused does not", () => {
  const half: Happening = { type: "arrived", index: 0, bytes: 50 };
  const broken = play(chosen, half, { type: "broken", index: 0, message: "no answer" });
  expect([stateText(broken[0] as Sending), isMoving(broken)]).toEqual(["50 %, goes on by itself: no answer", true]);
  const paused = play(chosen, half, { type: "paused", index: 0 });
  expect([stateText(paused[0] as Sending), isMoving(paused)]).toEqual(["paused at 50 %", false]);
  const refused = play(chosen, half, { type: "refused", index: 0, message: "too large" });
  expect([stateText(refused[0] as Sending), isMoving(refused)]).toEqual(["too large", false]);
  const resumed = after(paused, { type: "begun", index: 0 });
  expect(resumed[0]).toMatchObject({ received: 50, state: "sending" });
});

test("nothing is through before it is, however much has arrived", () => {
  const file: Sending = { name: "a", bytes: 0, received: 0, state: "sending", message: null };
  expect([percentOf(file), percentOf({ ...file, state: "done" })]).toEqual([0, 100]);
  expect(after(play(chosen), { type: "forgotten" })).toEqual([]);
});
