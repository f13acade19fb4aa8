import { InvalidArgumentError, Option } from "commander";

/** An option whose value is a number from `min` to `max`. */
export const numberOption = (flags: string, description: string, min: number, max: number): Option =>
  new Option(flags, description).argParser((text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
    return value;
  });
