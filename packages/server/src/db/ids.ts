import { v7 } from "uuid";

export type IdPrefix =
  | "art"
  | "ver"
  | "dep"
  | "rol"
  | "tok"
  | "evt"
  | "fbk"
  | "eva"
  | "wfr"
  | "job"
  | "trg"
  | "fir"
  | "sch"
  | "srn"
  | "ntf"
  | "int"
  | "dlv"
  | "inc"
  | "rbk"
  | "upl";

/** A new id such as `dep_0199…`: a UUIDv7 without dashes behind its prefix, so that ids sort by creation. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${v7().replaceAll("-", "")}`;
