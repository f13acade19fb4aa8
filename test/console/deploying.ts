import { ok } from "@sluice/client";
import type { Page } from "playwright-core";
import type { System } from "../end-to-end/system.ts";

/** Waits for the plan, deploys by it, and answers the rollout that the page went to. */
export async function deploy(page: Page, system: System) {
  const main = page.getByRole("main");
  await main.getByText("can be deployed").waitFor();
  await main.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deploy" }).click();
  await page.waitForURL(/\/rollouts\/rol_/);
  const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  return ok(system.client.http.GET("/v1/rollouts/{id}", { params: { path: { id } } }));
}

/** The region with the same as `sluice.yaml`. */
export const textBeside = (page: Page) => page.getByRole("region", { name: "sluice.yaml", exact: true });
