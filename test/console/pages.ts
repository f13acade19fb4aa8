import type { Page } from "playwright-core";
import { eventually } from "../end-to-end/eventually.ts";
import { unanswered } from "./browser.ts";
import type { Furnished } from "./furnished.ts";

/** Every page of the console, by a name for its picture, where it stands on a furnished server. */
export const PAGES: Readonly<Record<string, { route: string; path: (on: Furnished) => string }>> = {
  overview: { route: "/", path: () => "/" },
  rollout: { route: "/rollouts/$id", path: ({ moving }) => `/rollouts/${moving}` },
  "rollout-turned-back": { route: "/rollouts/$id", path: ({ turnedBack }) => `/rollouts/${turnedBack}` },
  rollouts: { route: "/rollouts", path: () => "/rollouts" },
  deployments: { route: "/deployments", path: () => "/deployments" },
  deployment: { route: "/deployments/$id", path: ({ deployment }) => `/deployments/${deployment}` },
  ...Object.fromEntries(
    ["logs", "revisions", "configuration", "endpoints", "history", "audit"].map((tab) => [
      `deployment-${tab}`,
      { route: "/deployments/$id", path: ({ deployment }: Furnished) => `/deployments/${deployment}?tab=${tab}` },
    ]),
  ),
  deploy: { route: "/deploy", path: () => "/deploy?artifact=storefront&environment=production" },
  "deploy-begun": { route: "/deploy", path: () => "/deploy" },
  artifacts: { route: "/artifacts", path: () => "/artifacts" },
  application: { route: "/artifacts/$name", path: () => "/artifacts/storefront" },
  ...Object.fromEntries(
    ["compare", "evaluations", "gates", "history"].map((tab) => [
      `application-${tab}`,
      { route: "/artifacts/$name", path: () => `/artifacts/storefront?tab=${tab}` },
    ]),
  ),
  prompt: { route: "/artifacts/$name", path: () => "/artifacts/greeting" },
  "prompt-text": { route: "/artifacts/$name", path: () => "/artifacts/greeting?tab=prompt" },
  agent: { route: "/artifacts/$name", path: () => "/artifacts/bookkeeper" },
  pipeline: { route: "/artifacts/$name", path: () => "/artifacts/order-traces" },
  "pipeline-configuration": { route: "/artifacts/$name", path: () => "/artifacts/order-traces?tab=configuration" },
  model: { route: "/artifacts/$name", path: () => "/artifacts/flowers" },
  "model-files": { route: "/artifacts/$name", path: () => "/artifacts/flowers?tab=files" },
  library: { route: "/library", path: () => "/library" },
  environments: { route: "/environments", path: () => "/environments" },
  environment: { route: "/environments/$name", path: () => "/environments/canary-eu" },
  "environment-rules": { route: "/environments/$name", path: () => "/environments/canary-eu?edit=form" },
  "environment-text": { route: "/environments/$name", path: () => "/environments/canary-eu?edit=text" },
  audit: { route: "/audit", path: () => "/audit" },
  settings: { route: "/settings", path: () => "/settings" },
  ...Object.fromEntries(
    ["roles", "channels", "integrations", "secrets", "servers"].map((section) => [
      `settings-${section}`,
      { route: "/settings", path: () => `/settings?section=${section}` },
    ]),
  ),
};

/** Resolves when nothing on the page is still being waited for, and what came is on it. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole("main").getByRole("heading", { level: 1 }).first().waitFor();
  await eventually("every question is answered", async () => {
    // What is drawn may ask more.
    await page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
    return unanswered(page).length === 0 || undefined;
  });
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  await page.getByText("Connecting…").waitFor({ state: "detached" });
}
