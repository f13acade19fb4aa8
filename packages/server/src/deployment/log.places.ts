import { isPlacesToken } from "@sluice/core";

/** How far the logs of each part of a deployment were read, by the parts' ids. */
export type PartPlaces = ReadonlyMap<string, string>;

const PART = /^dep_[\w-]{1,60}$/;

/** The `id` of a line: what a follower goes on from. */
export const idOfPlaces = (places: PartPlaces): string =>
  [...places].map(([part, place]) => `${part}:${place}`).join(",");

/** Null for what `idOfPlaces` did not make. */
export function placesOfId(id: string): PartPlaces | null {
  const places = new Map<string, string>();
  for (const text of id.split(",")) {
    const colon = text.indexOf(":");
    const [part, place] = [text.slice(0, colon), text.slice(colon + 1)];
    if (colon < 0 || !PART.test(part) || !isPlacesToken(place)) return null;
    places.set(part, place);
  }
  return places;
}
