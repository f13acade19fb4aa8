import { type Client, createClient, ok } from "@sluice/client";

/** Somebody with a token of their own. */
export interface Person {
  name: string;
  sluice: Client;
}

/** A release needs two people: one who asks for it and one who approves it. Both may approve, but nobody their own. */
export interface Staff {
  ada: Person;
  grace: Person;
  /** Makes their tokens invalid. */
  leave(): Promise<void>;
}

/**
 * Gives both their tokens. Null when the server runs without authentication: then everybody is the same local user, and nobody can be
 * somebody else.
 */
export async function hire(admin: Client): Promise<Staff | null> {
  const stranger = await fetch(`${admin.url}/v1/deployments`, { headers: { authorization: "Bearer nobody" } });
  await stranger.body?.cancel();
  if (stranger.status !== 401) return null;
  const [ada, grace] = [await newcomer(admin, "ada"), await newcomer(admin, "grace")];
  return {
    ada,
    grace,
    leave: async () => {
      for (const { id } of [ada, grace]) {
        await ok(admin.http.DELETE("/v1/tokens/{id}", { params: { path: { id } } }));
      }
    },
  };
}

async function newcomer(admin: Client, name: string): Promise<Person & { id: string }> {
  const { id, token } = await ok(
    admin.http.POST("/v1/tokens", { body: { name, role: "approver", environment: null } }),
  );
  return { id, name, sluice: createClient({ url: admin.url, token }) };
}
