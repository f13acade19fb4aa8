import { expect, test } from "vitest";
import { contentOf, fieldText, previewOf, valuesOf } from "./prompt.ts";

const content = contentOf({
  messages: [
    { role: "system", content: "You greet in a {{tone}} tone, at most {{words}} words." },
    { role: "user", content: "Greet {{customer}}: {{about}}" },
  ],
  variables: [
    { name: "customer" },
    { name: "tone", default: "friendly" },
    { name: "words", type: "integer", default: 20 },
    { name: "about", type: "json", required: false },
  ],
});

test("what is filled in stands in the preview, with defaults for the rest", () => {
  expect(previewOf(content, { customer: "Ada <b>{{tone}}</b>", about: '{"a":1}' })).toEqual({
    messages: [
      { role: "system", text: "You greet in a friendly tone, at most 20 words." },
      { role: "user", text: 'Greet Ada <b>{{tone}}</b>: {"a":1}' },
    ],
    problems: {},
  });
});

test("each variable that is missing or of another type says what it wants", () => {
  expect(previewOf(content, { words: "many", tone: "" })).toEqual({
    messages: null,
    problems: { customer: "Wanted: a text", words: "Wanted: a whole number" },
  });
});

test("a text that looks like a number stays a text where one is wanted", () => {
  expect(valuesOf([{ name: "a" }, { name: "b", type: "number" }], { a: "007", b: "7" })).toEqual({ a: "007", b: 7 });
});

test("a prompt of one text is shown as one", () => {
  expect(previewOf(contentOf({ text: "Hello" }), {})).toEqual({
    messages: [{ role: "text", text: "Hello" }],
    problems: {},
  });
});

test("defaults stand in fields as they are written", () => {
  expect([fieldText("x"), fieldText(3), fieldText({ a: 1 }), fieldText(undefined)]).toEqual(["x", "3", '{"a":1}', ""]);
});
