import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { PAGES } from "./pages.ts";

test("every page that the console has is tried and pictured", async () => {
  const router = await readFile(new URL("../../packages/web/src/app/router.tsx", import.meta.url), "utf8");
  const routes = [...router.matchAll(/^ {2}path: "([^"]+)"/gm)].map(([, route]) => route);
  expect(routes.length).toBeGreaterThan(10);
  expect([...new Set(Object.values(PAGES).map(({ route }) => route))].toSorted()).toEqual(routes.toSorted());
});
