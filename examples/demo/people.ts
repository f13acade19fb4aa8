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

/** Gives both their tokens: who shows one is its owner, also on a server that asks nobody for it. */
export async function hire(admin: Client): Promise<Staff> {
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
