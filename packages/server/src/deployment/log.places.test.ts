import { expect, test } from "vitest";
import { idOfPlaces, placesOfId } from "./log.places.ts";

test("how far each part was read comes back as it was", () => {
  const places = new Map([
    ["dep_019a", "~abcdefgh=4g~ijklmnop=-"],
    ["dep_019b", "~"],
  ]);
  expect(placesOfId(idOfPlaces(places))).toEqual(places);
});

test.each(["", "7", "dep_1", "dep_1:", "dep_1:7", "<b>:~", "dep_1:~,", "dep_1:~abcdefgh=1,dep_2:no"])(
  "%j is the id of no line",
  (id) => expect(placesOfId(id)).toBeNull(),
);
