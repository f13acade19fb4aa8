import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive, signIn, tokenFor } from "./people.ts";

/** Who gets in, who does not, and who is shown the door while they look. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

const REFUSED = /status of 401/;

test("whoever opens an address signs in and is there; nothing on the page knows the token", async () => {
  const greeter = await newDelivery(system, "greeter");
  await greeter.publish("1.0.0");
  const { id } = await greeter.deliver("1.0.0");
  const { token } = await tokenFor(system, "ada", "viewer");
  await using ada = await browser.person(system.url);
  ada.expectComplaint(REFUSED);
  const { page, context } = ada;
  await page.goto(`/rollouts/${id}`);
  await page.getByRole("heading", { level: 1, name: "Sign in to Sluice" }).waitFor();

  await page.getByLabel("Token").fill("slu_wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("the token is not known").waitFor();
  expect(await page.getByLabel("Token").getAttribute("aria-invalid")).toBe("true");

  await signIn(ada, `  ${token}\n`);
  await page.getByRole("heading", { level: 1, name: /greeter in development/ }).waitFor();
  const readable = await page.evaluate<string>(
    "document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.outerHTML",
  );
  expect(readable).not.toContain(token);
  const [cookie, ...others] = await context.cookies();
  expect(others).toEqual([]);
  expect(cookie).toMatchObject({ value: token, httpOnly: true, sameSite: "Strict", path: "/" });

  await page.reload();
  await page.getByRole("heading", { level: 1, name: /greeter in development/ }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in to Sluice" }).waitFor();
  expect(await context.cookies()).toEqual([]);
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Sign in to Sluice" }).waitFor();
});

test("a token that is revoked in the middle asks for another one, and shows where one was", async () => {
  const greeter = await newDelivery(system, "held");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  const strategy = canary([{ setWeight: 10 }, { wait: { approval: true } }]);
  const { id } = await greeter.update({ version: "1.1.0", strategy });
  const { id: tokenId, token } = await tokenFor(system, "mallory", "viewer");
  await using mallory = await browser.person(system.url);
  mallory.expectComplaint(REFUSED);
  const { page } = mallory;
  await page.goto(`/rollouts/${id}`);
  await signIn(mallory, token);
  await page.getByText(/when 1 of 1 approve/).waitFor();

  await ok(system.client.http.DELETE("/v1/tokens/{id}", { params: { path: { id: tokenId } } }));
  await page.getByRole("heading", { level: 1, name: "Sign in to Sluice" }).waitFor();
  expect(await page.getByText("held in development").count()).toBe(0);

  await signIn(mallory, (await tokenFor(system, "mallory", "viewer")).token);
  await page.getByRole("heading", { level: 1, name: /held in development/ }).waitFor();
});

test("what another project has is not there, at its address and in every list", async () => {
  const greeter = await newDelivery(system, "of-default");
  await greeter.publish("1.0.0");
  const { id, deployment } = await greeter.deliver("1.0.0");
  await ok(system.client.http.POST("/v1/projects", { body: { name: "elsewhere" } }));
  await using mole = await arrive(browser, system, {
    ...{ name: "mole", role: "admin", path: "/" },
    more: { project: "elsewhere" },
  });
  // What is not there, or not theirs, the browser notes as such.
  mole.expectComplaint(/status of 40[34]/);
  const { page } = mole;
  for (const path of [`/rollouts/${id}`, `/deployments/${deployment}`, "/artifacts/of-default"]) {
    await page.goto(path);
    await page
      .getByRole("alert")
      .getByText(/does not exist/)
      .first()
      .waitFor();
    expect(await page.getByText("of-default in development").count()).toBe(0);
  }
  for (const path of ["/", "/rollouts", "/deployments", "/artifacts", "/environments", "/audit"]) {
    await page.goto(`${path}?project=default`);
    await page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("load");
    expect([path, await page.getByRole("main").getByText("of-default").count()]).toEqual([path, 0]);
  }
});

test("names with markup, right-to-left text and emoji are shown as they are, and do nothing", async () => {
  const name = `<img src=x onerror="window.pwned=1"><b>مرحبا</b> 🚀‮txt`;
  const comment = `"><script>window.pwned=1</script> {{7*7}} שלום 👩‍👩‍👧‍👦`;
  const greeter = await newDelivery(system, "named");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  const steps = [{ setWeight: 10 }, { wait: { approval: true } }, { setWeight: 20 }, { wait: { seconds: 600 } }];
  const { id } = await greeter.update({ version: "1.1.0", strategy: canary(steps) });
  await using odd = await arrive(browser, system, { name, role: "approver", path: `/rollouts/${id}` });
  const { page } = odd;
  await page.getByText(/when 1 of 1 approve/).waitFor();
  await page.keyboard.press("a");
  await page.getByRole("dialog").getByLabel(/Why/).fill(comment);
  await page.keyboard.press("Enter");
  const approvals = page.getByRole("region", { name: "Approvals" });
  await approvals.getByText(name).waitFor();
  await approvals.getByText(comment).waitFor();
  await page.getByRole("region", { name: "What happened" }).getByText(name).first().waitFor();
  await page.goto("/audit");
  await page.getByRole("main").getByText(name).first().waitFor();
  expect(await page.evaluate("window.pwned")).toBeUndefined();
  expect(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")).toBe(true);
});
