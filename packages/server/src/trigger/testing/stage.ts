import type { Principal } from "../../access/principal.ts";
import type { TokenInput } from "../../access/token.service.ts";
import { type Answer, type TestApp, testApp } from "../../testing/app.ts";
import type { Sent } from "./sender.ts";

export interface Stage extends TestApp {
  admin: Record<string, string>;
  /** Creates a trigger; its id and its secret. */
  trigger(body: object): Promise<{ id: string; secret: string }>;
  /** Sends a message to a trigger as its sender does: without a token. */
  send(id: string, message: Sent): Promise<Answer>;
  /** The header with a token. */
  token(body: Pick<TokenInput, "name" | "role"> & Partial<TokenInput>): Promise<Record<string, string>>;
}

const PLATFORM: Principal = { name: "setup", role: "admin", project: null, environment: null };

const DEPLOY = { type: "deploy", deployment: "greeter", environment: "staging", version: "{{tag}}" };

/** Deploys the greeter to staging under the name of the tag, created where it is missing. */
export const CREATING = {
  ...DEPLOY,
  stripLeadingV: true,
  create: { spec: { image: "greeter:{{tag}}", env: { COMMIT: "{{commit}}" } } },
};

/** A server with authentication, and the artifact greeter deployed to staging at version 1.0.0. */
export async function stage(): Promise<Stage> {
  const app = await testApp({ auth: true });
  const { token } = await app.services.tokens
    .create(PLATFORM, { name: "admin", role: "admin", environment: null, expiresAt: null })
    .then(({ secret }) => ({ token: secret }));
  const admin = { authorization: `Bearer ${token}` };
  const must = async (method: "POST", url: string, body: object): Promise<Answer> => {
    const answer = await app.ask(method, url, { body, headers: admin });
    if (answer.status >= 300) throw new Error(`${url} answered ${answer.status}: ${answer.text}`);
    return answer;
  };
  await must("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  await must("POST", "/v1/artifacts/greeter/versions", { version: "1.0.0", spec: { image: "greeter:1.0.0" } });
  const first = { name: "greeter", artifact: "greeter", version: "1.0.0", environment: "staging" };
  await must("POST", "/v1/deployments", first);
  return {
    ...app,
    admin,
    async trigger(body) {
      const answer = await must("POST", "/v1/triggers", body);
      return answer.body as { id: string; secret: string };
    },
    async send(id, { headers, payload }) {
      const response = await app.app.inject({ method: "POST", url: `/v1/triggers/${id}/fire`, headers, payload });
      return { status: response.statusCode, headers: response.headers, body: response.json(), text: response.body };
    },
    async token(body) {
      const { secret } = await app.services.tokens.create(PLATFORM, { environment: null, expiresAt: null, ...body });
      return { authorization: `Bearer ${secret}` };
    },
  };
}
