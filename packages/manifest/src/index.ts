export { type Change, orNull, Refusal, type Server, toBody } from "./change.ts";
export { inspect } from "./inspect.ts";
