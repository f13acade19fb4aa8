import { expect, test } from "vitest";
import { copiesToForget } from "./agent.data.ts";

test("the newest copies stay, and whatever is in use", () => {
  expect(copiesToForget(["rol_3", "rol_1", "rol_2", "rol_4"], 2, ["rol_1"])).toEqual(["rol_2"]);
  expect(copiesToForget(["rol_1"], 2, [])).toEqual([]);
});
