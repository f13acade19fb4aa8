import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isPlacesToken, placesOfToken, tokenOfPlaces } from "./log.place.ts";

const letters = (from: string, size: object) =>
  fc.string({ unit: fc.constantFrom(...from), ...size }).filter((text) => text !== "");
const key = letters("abcXYZ019-_", { minLength: 8, maxLength: 8 });
const place = letters("abcz019-._", { minLength: 1, maxLength: 40 });

test("how far each stream was read comes back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, place), { maxLength: 60 }), (entries) => {
      const places = new Map(entries);
      expect(placesOfToken(tokenOfPlaces(places) ?? "")).toEqual(places);
    }),
  );
});

test("no place is named for more streams than a header can carry", () => {
  const places = new Map(Array.from({ length: 400 }, (_, index) => [`${index}`.padStart(8, "0"), "1234"]));
  expect(tokenOfPlaces(places)).toBeUndefined();
});

test.each(["", "12", "~short=1", "~abcdefgh=", "~abcdefgh=1~x", "~abcdefgh=\n", `~${"abcdefgh=1~".repeat(400)}`])(
  "%j is no place",
  (token) => {
    expect(isPlacesToken(token)).toBe(false);
    expect(() => placesOfToken(token)).toThrow(/the place of a line/);
  },
);
