import { ok, type paths } from "@sluice/client";
import type { System } from "../end-to-end/system.ts";
import type { Person, TestBrowser } from "./browser.ts";

type TokenBody = NonNullable<paths["/v1/tokens"]["post"]["requestBody"]>["content"]["application/json"];

/** A token of its own for somebody of this name. */
export const tokenFor = (system: System, name: string, role: TokenBody["role"], more: Partial<TokenBody> = {}) =>
  ok(system.client.http.POST("/v1/tokens", { body: { name, role, environment: null, expiresAt: null, ...more } }));

/** Fills in the form that everybody gets who has no session, and waits for what is behind it. */
export async function signIn({ page }: Person, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  // What surrounds every page is there for those alone who are signed in.
  await page.getByRole("banner").waitFor();
}

/** Somebody of this role, signed in, at this address of the console. */
export async function arrive(
  browser: TestBrowser,
  system: System,
  { name, role, path, more = {} }: { name: string; role: TokenBody["role"]; path: string; more?: Partial<TokenBody> },
): Promise<Person> {
  const { token } = await tokenFor(system, name, role, more);
  const person = await browser.person(system.url);
  await person.page.goto(path);
  await signIn(person, token);
  return person;
}
