import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readGatewayOptions } from "../packages/gateway/src/config.ts";
import { readConfig } from "../packages/server/src/config.ts";

interface Service {
  command?: string[];
  environment: Record<string, string>;
  network_mode?: string;
}

const GIVEN: Record<string, string> = {
  POSTGRES_PASSWORD: "secret",
  SLUICE_SECRET_KEY: `${"A".repeat(43)}=`,
  SLUICE_GATEWAY_TOKEN: "a-token-of-the-gateways",
  SLUICE_ADMIN_TOKEN: "a-token-of-the-administrator",
};

/** As compose fills in what a file leaves open: `${NAME}`, `${NAME:?why}`, `${NAME:-default}`. */
const filled = (text: string): string =>
  text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_all, name: string, kind?: string, rest = "") => {
    const value = GIVEN[name] ?? (kind === "-" ? rest : undefined);
    if (value === undefined) throw new Error(`compose.yaml asks for ${name}, and its head does not say so`);
    return value;
  });

const text = readFileSync(new URL("../compose.yaml", import.meta.url), "utf8");
const { services } = parse(filled(text)) as { services: Record<"server" | "gateway" | "database", Service> };

/** What the image sets for every part. */
const IMAGE = Object.fromEntries(
  [...readFileSync(new URL("../Dockerfile", import.meta.url), "utf8").matchAll(/\b(SLUICE_\w+)=(\S+)/g)].map(
    ([, name = "", value = ""]) => [name, value],
  ),
);

test("the composed server knows its variables, its database, and its gateway", () => {
  const config = readConfig({ ...IMAGE, ...services.server.environment });
  expect(config).toMatchObject({ bind: "0.0.0.0", auth: true, dataDir: "/data" });
  expect(new URL(config.databaseUrl ?? "").hostname).toBe("database");
  expect(config.gateways?.addresses).toEqual([{ url: "http://127.0.0.1:30081", resolves: false }]);
  // Else the gateway would not reach what the server starts.
  expect(services.server.network_mode).toBe("service:gateway");
});

test("the composed gateway listens where the server looks for it, and wants the same token", () => {
  const [part, ...args] = services.gateway.command ?? [];
  expect(part).toBe("gateway");
  const options = readGatewayOptions(["--data-dir=/data", ...args], services.gateway.environment);
  expect(options).toMatchObject({ bind: "0.0.0.0", port: 30_080, admin: { bind: "127.0.0.1", port: 30_081 } });
  expect(options.admin.token).toBe(services.server.environment.SLUICE_GATEWAY_TOKEN);
});

test("what has to be set is said in the head of the file", () => {
  const asked = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  for (const name of asked) expect(text.split("name: sluice")[0]).toContain(`${name}=`);
});
