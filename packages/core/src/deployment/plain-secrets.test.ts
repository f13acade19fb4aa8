import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainSecrets } from "./plain-secrets.ts";

describe("a secret in clear text", () => {
  test.each([
    ["API_TOKEN", "ghp_0123456789"],
    ["TOKEN", "abc"],
    ["DB_PASSWORD", "hunter2"],
    ["PASSWORD_OF_ADMIN", "hunter2"],
    ["CLIENT_SECRET", "s3cr3t"],
    ["OPENAI_API_KEY", "sk-0123456789abcdef"],
    ["DATABASE_URL", "postgres://app:hunter2@db:5432/app"],
  ])("is found in %s", (name, value) => {
    expect(plainSecrets({ [name]: value, MODE: "good" })).toEqual([name]);
  });

  test.each([
    ["DB_PASSWORD_FILE", "/run/secrets/db"],
    ["SECRET_NAME", "orders/db"],
    ["API_TOKEN", "$TOKEN_OF_THE_HOST"],
    ["API_TOKEN", "vault://orders/api-token"],
    ["PASSWORD_REQUIRED", "true"],
    ["MAX_TOKENS", "4096"],
    ["TOKEN_LIMIT", "4096"],
    ["PARTITION_KEY", "tenant"],
    ["JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----"],
    ["DATABASE_URL", "postgres://app@db:5432/app"],
    ["DB_PASSWORD", ""],
  ])("is not what %s holds", (name, value) => {
    expect(plainSecrets({ [name]: value })).toEqual([]);
  });

  test("is named, and its value is never repeated", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (variables) => {
        const found = plainSecrets(variables);
        expect(found.every((name) => Object.hasOwn(variables, name))).toBe(true);
      }),
    );
  });
});
