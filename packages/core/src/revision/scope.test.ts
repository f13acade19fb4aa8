import { describe, expect, test } from "vitest";
import { configSchema } from "../deployment/config.schema.ts";
import { rollBack, type ScopedRevision } from "./scope.ts";

const revision = (version: string, config: object = {}, components: Record<string, string> = {}): ScopedRevision => ({
  version,
  components,
  config: configSchema.parse(config),
});

describe("the scope of a rollback", () => {
  const old = revision("1.0.0", { replicas: 2, env: { API_KEY_REF: "key-a", MODE: "calm" } });
  const now = revision("1.1.0", { replicas: 5, env: { API_KEY_REF: "key-b", LEVEL: "9" } });

  // edge case 43
  test("all takes configuration and secret references back together with the code", () => {
    const { version, config } = rollBack(now, old, "all");
    expect(version).toBe("1.0.0");
    expect(config.env).toEqual({ API_KEY_REF: "key-a", MODE: "calm" });
  });

  // edge case 16
  test("whatever is taken back, as many replicas run as before", () => {
    for (const scope of ["all", "version", "config", { components: [] }] as const) {
      expect(rollBack(now, old, scope).config.replicas).toBe(5);
    }
  });

  test("version leaves the configuration of today", () => {
    expect(rollBack(now, old, "version")).toEqual({ version: "1.0.0", config: now.config });
  });

  test("config leaves the version of today", () => {
    expect(rollBack(now, old, "config")).toEqual({ version: "1.1.0", config: { ...old.config, replicas: 5 } });
  });
});

describe("a rollback of named components", () => {
  const old = revision("1.0.0", {}, { retriever: "r1", ranker: "k1" });
  const now = revision("1.1.0", { env: { A: "1" } }, { retriever: "r2", ranker: "k2" });

  test("overrides exactly those, and keeps version and configuration", () => {
    expect(rollBack(now, old, { components: ["ranker"] })).toEqual({
      version: "1.1.0",
      config: { ...now.config, components: { ranker: "k1" } },
    });
  });

  test("back to what the version itself names takes the override away", () => {
    const overridden = revision("1.1.0", { env: { A: "1" }, components: { ranker: "k1" } }, now.components);
    expect(rollBack(overridden, now, { components: ["ranker"] })).toEqual({ version: "1.1.0", config: now.config });
  });

  test("takes the release that really ran, not the one the version named", () => {
    const pinned = revision("1.0.0", { components: { ranker: "k0" } }, { ranker: "k1" });
    expect(rollBack(now, pinned, { components: ["ranker"] }).config.components).toEqual({ ranker: "k0" });
  });

  test.each(["rnker", "constructor", "__proto__"])("of '%s' is refused and says which there are", (name) => {
    expect(() => rollBack(now, old, { components: ["retriever", name] })).toThrow(
      `scope.components[1] is "${name}"; allowed: ranker, retriever`,
    );
  });

  test("where there are none says so", () => {
    const plain = revision("1.0.0");
    expect(() => rollBack(plain, plain, { components: ["ranker"] })).toThrow("neither revision names components");
  });
});
