import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@sluice/client";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";

/** Who changed what, as it is found again. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test("entries are filtered by the address, paged to the first, opened, and verified", async () => {
  // More than a page of them.
  for (let at = 0; at < 60; at += 1)
    await ok(system.client.http.POST("/v1/artifacts", { body: { name: `many-${at}`, kind: "agent" } }));
  await using ada = await arrive(browser, system, { name: "ada", role: "viewer", path: "/audit" });
  const { page } = ada;
  await page.getByLabel("What", { exact: true }).fill("artifact.create");
  await page.waitForURL(/action=artifact.create/);
  await page.getByText("The newest 50").waitFor();
  await page.getByRole("button", { name: "Earlier ones" }).click();
  await page.getByText("60 in all").waitFor();

  await page.reload();
  expect(await page.getByLabel("What", { exact: true }).inputValue()).toBe("artifact.create");
  await page
    .getByRole("button", { name: /Detail of entry/ })
    .first()
    .click();
  await page.getByRole("dialog").getByText('"name": "many-59"').waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("Who", { exact: true }).fill("nobody");
  await page.getByText("No entry is like that").waitFor();
  await page.getByRole("button", { name: "Show all" }).click();
  await page
    .getByRole("row", { name: /token\.create/ })
    .first()
    .waitFor();
  expect(page.url()).not.toContain("?");

  await page.getByRole("button", { name: "Verify" }).click();
  await page.getByText(/The chain holds: \d+ entries, none changed or missing/).waitFor();
});

test("what is done while somebody looks comes by itself", async () => {
  await using ada = await arrive(browser, system, { name: "ada-waits", role: "viewer", path: "/audit" });
  await ada.page
    .getByRole("row", { name: /token\.create/ })
    .first()
    .waitFor();
  await ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name: "late" } }, body: {} }));
  await ada.page.getByRole("row", { name: /environment\.create late/ }).waitFor();
});

test("a token of one environment is not offered the log of the whole project, and is told so at its address", async () => {
  const more = { environment: "staging" };
  await using stan = await arrive(browser, system, { name: "stan", role: "admin", path: "/audit", more });
  const { page } = stan;
  await page.getByText("Your token reaches staging alone; the log is of the whole project.").waitFor();
  const pages = page.getByRole("navigation", { name: "Pages" });
  expect(await pages.getByRole("link").allTextContents()).not.toContain("Audit");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("tab", { name: "Roles" }).waitFor();
  expect(await page.getByRole("tab", { name: "Tokens" }).count()).toBe(0);
});

/** The database itself, past the server: as somebody would who wants to change what is written. */
async function tamper(statement: string): Promise<void> {
  const password = await readFile(join(system.dataDir, "postgres.password"), "utf8");
  const [, , , port] = (await readFile(join(system.dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
  const database = new pg.Client(`postgres://sluice:${password.trim()}@127.0.0.1:${port}/postgres`);
  await database.connect();
  try {
    await database.query(statement);
  } finally {
    await database.end();
  }
}

test("an entry that somebody has changed in the database is named", async () => {
  await using ada = await arrive(browser, system, { name: "ada-verifies", role: "viewer", path: "/audit" });
  await tamper("update audit_entries set actor = 'nobody' where project = 'default' and seq = 2");
  await ada.page.getByRole("button", { name: "Verify" }).click();
  await ada.page.getByText(/The chain is broken at entry 2: /).waitFor();
});
