import { invalidField } from "../errors.ts";

/** How far each stream of output was read, by a short key of the stream. What is absent was not read at all. */
export type LogPlaces = ReadonlyMap<string, string>;

/** It travels in a header: of more than some hundred streams nobody can say in one how far each was read. */
const LONGEST = 4_096;
const TOKEN = /^~(?:[\w-]{8}=[\w.-]{1,40}(?:~|$))*$/;

/** One word for all places, of letters that are safe in a header; undefined when it would be too long for one. */
export function tokenOfPlaces(places: LogPlaces): string | undefined {
  const token = `~${[...places].map(([key, place]) => `${key}=${place}`).join("~")}`;
  return token.length > LONGEST ? undefined : token;
}

export const isPlacesToken = (token: string): boolean => token.length <= LONGEST && TOKEN.test(token);

/** Throws `invalid_argument` for what `tokenOfPlaces` did not make. */
export function placesOfToken(token: string): LogPlaces {
  if (!isPlacesToken(token)) throw invalidField("from", token, "the place of a line that was read before");
  const parts = token.split("~").filter((part) => part !== "");
  return new Map(parts.map((part): [string, string] => [part.slice(0, 8), part.slice(9)]));
}
