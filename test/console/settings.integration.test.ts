import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";

/** Tokens, channels and secrets, as people manage them in the console. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

/** What the server answers to whoever has the token. */
const statusFor = async (token: string): Promise<number> =>
  (await fetch(`${system.url}/v1/environments`, { headers: { authorization: `Bearer ${token}` } })).status;

interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly ids: (string | undefined)[];
  /** The secrets that requests brought, as `path?query token`. */
  readonly opened: string[];
}

/** A receiver of messages that remembers them. */
async function receiver(): Promise<Receiver> {
  const ids: (string | undefined)[] = [];
  const opened: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    ids.push(request.headers["webhook-id"]?.toString());
    opened.push(`${request.url} ${request.headers["x-team-token"]}`);
    request.resume();
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ids,
    opened,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("a token is made, shown once, counts at once, and is refused as soon as it is revoked", async () => {
  await using root = await arrive(browser, system, { name: "root", role: "admin", path: "/settings" });
  const { page } = root;
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByLabel("Name").fill("robot <b>1</b>");
  await page.getByLabel("Role").selectOption("deployer");
  await page.getByLabel("Reach").selectOption("staging");
  await page.getByRole("button", { name: "Create" }).click();
  const secret = await page.getByLabel("Secret").inputValue();
  expect(await statusFor(secret)).toBe(200);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByLabel("Secret").waitFor({ state: "detached" });
  const row = page.getByRole("row", { name: /robot <b>1<\/b>/ });
  for (const words of ["deployer", "staging", "in use"]) await row.getByText(words).waitFor();
  expect(await page.content()).not.toContain(secret);

  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByText("cannot be brought back").waitFor();
  expect(await statusFor(secret)).toBe(200);
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await row.getByText("revoked").waitFor();
  expect(await statusFor(secret)).toBe(401);
});

test("a channel is made and tested, its messages say what came of them, and one is sent again under its id", async () => {
  await using ops = await receiver();
  const path = "/settings?section=channels";
  await using root = await arrive(browser, system, { name: "root-channels", role: "admin", path });
  root.expectComplaint(/status of 400/);
  const { page } = root;
  await page.getByRole("button", { name: "New channel" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("ops");
  await dialog.getByLabel("Address").fill("http://ada:secret@127.0.0.1/");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog
    .getByText(/without user and password/)
    .first()
    .waitFor();
  await dialog.getByLabel("Address").fill(ops.url);
  await dialog.getByRole("button", { name: "Create" }).click();
  expect(await page.getByLabel("Secret").inputValue()).toMatch(/^whsec_/);
  await page.getByRole("button", { name: "I have kept it" }).click();

  await page.getByRole("button", { name: "Test ops" }).click();
  await page.getByRole("status").getByText("delivered").waitFor();
  expect(ops.ids).toHaveLength(1);
  await page.getByRole("link", { name: "Messages to ops" }).click();
  await page.getByRole("button", { name: /^Send again/ }).click();
  await expect.poll(() => ops.ids.length).toBe(2);
  expect(ops.ids[1]).toBe(ops.ids[0]);

  const refusing = { name: "nowhere", type: "webhook" as const, url: "http://127.0.0.1:9/" };
  await ok(system.client.http.POST("/v1/notifications", { body: refusing }));
  await page.reload();
  await page.getByRole("button", { name: "Test nowhere" }).click();
  await page
    .getByRole("status")
    .getByText(/could not be reached/)
    .waitFor();
  await page.getByRole("button", { name: "Turn off nowhere" }).click();
  await page.getByRole("button", { name: "Turn on nowhere" }).waitFor();
  await page.getByRole("button", { name: "Delete nowhere" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("row", { name: /nowhere/ }).waitFor({ state: "detached" });
});

test("a channel is changed without a look at its secrets, tested at once, and never over what others changed", async () => {
  await using first = await receiver();
  await using second = await receiver();
  const url = `${first.url}hook?key=of-the-address`;
  const made = { name: "kept", type: "webhook" as const, url, headers: { "X-Team-Token": "of-the-header" } };
  const alerts = { performance_degradation: { threshold: "response_time > 2.0s", forSeconds: 60 } };
  const { id } = await ok(system.client.http.POST("/v1/notifications", { body: { ...made, alerts } }));
  const params = { path: { id } };
  const path = "/settings?section=channels";
  await using root = await arrive(browser, system, { name: "root-edits", role: "admin", path });
  root.expectComplaint(/status of 400/);
  const { page } = root;
  const edit = async (): Promise<void> => {
    await page.getByRole("button", { name: "Edit kept" }).click();
    await page.getByRole("dialog", { name: "Edit kept" }).waitFor();
  };
  const dialog = page.getByRole("dialog");
  await edit();
  expect(await page.content()).not.toMatch(/of-the-(address|header)/);
  await dialog.getByLabel("Somebody has to approve").check();
  await dialog.getByRole("button", { name: "Save and test" }).click();
  await page.getByRole("status").getByText("delivered").waitFor();
  expect(first.opened).toEqual(["/hook?key=of-the-address of-the-header"]);
  const heard = {
    performance_degradation: { threshold: "response_time > 2.0s" },
    approval_required: { enabled: true },
  };
  expect(await ok(system.client.http.GET("/v1/notifications/{id}", { params }))).toMatchObject({ alerts: heard });

  // Secrets go nowhere else: with another address, they are written anew.
  await edit();
  await dialog.getByLabel("Address").fill(second.url);
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog
    .getByText(/none is stored for this address/)
    .first()
    .waitFor();
  await dialog.getByLabel(/^Headers/).fill("no header");
  await dialog.getByText("Each line is a name, a colon and a value").waitFor();
  await dialog.getByLabel(/^Headers/).fill("X-Team-Token: another");
  await dialog.getByRole("button", { name: "Save and test" }).click();
  await expect.poll(() => second.opened).toEqual(["/ another"]);

  await edit();
  const now = await ok(system.client.http.GET("/v1/notifications/{id}", { params }));
  await ok(system.client.http.PUT("/v1/notifications/{id}", { params, body: { ...now, timeoutSeconds: 3 } }));
  await dialog.getByLabel("A test failed").check();
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await dialog.getByText("Somebody has changed this channel since you began").waitFor();
  expect(await ok(system.client.http.GET("/v1/notifications/{id}", { params }))).toMatchObject({ timeoutSeconds: 3 });
});

test("a service is declared, changed and deleted; the key of its messages is shown once", async () => {
  await using registry = await receiver();
  const path = "/settings?section=integrations";
  await using root = await arrive(browser, system, { name: "root-services", role: "admin", path });
  root.expectComplaint(/status of 400/);
  const { page } = root;
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "New integration" }).click();
  await dialog.getByLabel("Name", { exact: true }).fill("registry");
  await dialog.getByLabel("Asked at").fill("http://127.0.0.1/x");
  await dialog.getByLabel("Told at").fill(`${registry.url}?key=of-the-address`);
  await dialog.getByLabel(/^Headers/).fill("X-Team-Token: of-the-header");
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect.poll(() => dialog.getByLabel("Asked at").getAttribute("aria-invalid")).toBe("true");
  await dialog.getByLabel("Asked at").fill("127.0.0.1:9");
  await dialog.getByLabel("Path").fill("/health");
  await dialog.getByRole("checkbox", { name: "agent" }).check();
  await dialog.getByRole("button", { name: "Create" }).click();
  expect(await page.getByLabel("Secret").inputValue()).toMatch(/^whsec_/);
  await page.getByRole("button", { name: "I have kept it" }).click();

  const row = page.getByRole("row", { name: /registry/ });
  await row.getByText("http 127.0.0.1:9/health").waitFor();
  await row.getByText("agent, everywhere").waitFor();
  await row.getByRole("button", { name: "Edit registry" }).click();
  expect(await page.content()).not.toMatch(/of-the-(address|header)/);
  await dialog.getByLabel("Asked by").selectOption("tcp");
  await dialog.getByRole("checkbox", { name: "production" }).check();
  await dialog.getByRole("checkbox", { name: "Nothing starts while it is not well" }).uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("agent, in production").waitFor();
  await row.getByText("notes only").waitFor();
  const stored = await ok(
    system.client.http.GET("/v1/integrations/{name}", { params: { path: { name: "registry" } } }),
  );
  expect(stored).toMatchObject({ health: { type: "tcp", address: "127.0.0.1:9" }, environments: ["production"] });
  expect(Object.keys(stored.webhook?.headers ?? {})).toEqual(["X-Team-Token"]);

  await row.getByRole("button", { name: "Delete registry" }).click();
  await dialog.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});

test("a secret is written and rotated, and its value is on no page", async () => {
  const path = "/settings?section=secrets";
  await using root = await arrive(browser, system, { name: "root-secrets", role: "admin", path });
  const { page } = root;
  const write = async (value: string): Promise<void> => {
    await page.getByLabel("Value").fill(value);
    await page.getByRole("button", { name: "Write" }).click();
    await page.getByRole("dialog", { name: "DB_PASSWORD is written" }).waitFor();
    expect(await page.content()).not.toContain(value);
    await page.getByRole("button", { name: "Close" }).click();
  };
  await page.getByRole("button", { name: "New secret" }).click();
  await page.getByLabel("Name").fill("DB_PASSWORD");
  await write("correct-horse");
  const row = page.getByRole("row", { name: /DB_PASSWORD/ });
  await row.getByText("nr. 1").waitFor();
  await row.getByRole("button", { name: "Rotate" }).click();
  await write("battery-staple");
  await row.getByText("nr. 2").waitFor();
  await row.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});

test("a viewer is shown what may be seen, and offered nothing that may not be done", async () => {
  const path = "/settings?section=tokens";
  await using vic = await arrive(browser, system, { name: "vic", role: "viewer", path });
  const { page } = vic;
  const tabs = page.getByRole("tab");
  await expect.poll(() => tabs.allTextContents()).toEqual(["Roles", "Notifications", "Integrations", "Servers"]);
  await page.getByText("Yours is viewer").waitFor();
  await page.getByRole("tab", { name: "Notifications" }).click();
  await page.getByRole("row", { name: /ops/ }).waitFor();
  expect(await page.getByRole("button", { name: /New channel|Edit|Test|Turn|Delete|New key/ }).count()).toBe(0);
  await page.getByRole("tab", { name: "Servers" }).click();
  await page.getByText("alive").waitFor();
  expect(await page.getByRole("button", { name: /Forget/ }).count()).toBe(0);
});
