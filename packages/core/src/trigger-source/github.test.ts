import examples from "@octokit/webhooks-examples" with { type: "json" };
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readGithub } from "./github.ts";

/** The package's types are of its members, not of the list that it is. */
const webhooks = z.array(z.object({ name: z.string(), examples: z.array(z.unknown()) })).parse(examples);
const examplesOf = (name: string) => webhooks.find((one) => one.name === name)?.examples ?? [];

const repository = { full_name: "acme/greeter" };
const commit = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
const push = {
  ref: "refs/heads/main",
  before: "95790bf891e76fee5e1747ab589903a6a1f80f22",
  after: commit,
  deleted: false,
  repository,
  commits: [
    { id: "1", added: ["docs/new.md"], removed: [], modified: ["src/a.ts"] },
    { id: "2", added: [], removed: ["old.ts"], modified: ["src/a.ts"] },
  ],
  head_commit: { id: commit },
};

const NOTHING = { branch: null, tag: null, paths: null, inputs: {} };

describe("what GitHub tells", () => {
  test("a push to a branch names the commit and each file that was touched once", () => {
    const paths = ["docs/new.md", "src/a.ts", "old.ts"];
    const event = { ...NOTHING, type: "push", repository: "acme/greeter", branch: "main", commit, paths };
    expect(readGithub("push", push)).toEqual({ event });
  });

  test("a push of a tag is a tag, with the commit below it where the tag is annotated", () => {
    const annotated = { ...push, ref: "refs/tags/v1.2.0", after: "a".repeat(40), commits: [] };
    const event = { ...NOTHING, type: "tag", repository: "acme/greeter", tag: "v1.2.0", commit };
    expect(readGithub("push", annotated)).toEqual({ event });
  });

  test("files are unknown where a push does not list all of its commits", () => {
    const many = Array.from({ length: 2_048 }, (_, index) => ({ added: [`${index}`], removed: [], modified: [] }));
    for (const commits of [[], many]) {
      expect(readGithub("push", { ...push, commits })).toMatchObject({ event: { paths: null } });
    }
  });

  test("what was deleted starts nothing", () => {
    const zeros = { ...push, after: "0".repeat(40), deleted: true, head_commit: null };
    expect(readGithub("push", zeros)).toEqual({ ignored: "refs/heads/main was deleted" });
  });

  test("a branch that was created is told by its push, a tag that was created is a tag", () => {
    expect(readGithub("create", { ref: "v1", ref_type: "tag", repository })).toMatchObject({ event: { tag: "v1" } });
    const branch = readGithub("create", { ref: "main", ref_type: "branch", repository });
    expect(branch).toEqual({ ignored: expect.stringContaining("a branch was created") });
  });

  test("a release counts when it is published", () => {
    const release = { tag_name: "v2.0.0", target_commitish: "main" };
    const event = { ...NOTHING, type: "release", repository: "acme/greeter", tag: "v2.0.0", commit: null };
    expect(readGithub("release", { action: "published", release, repository })).toEqual({ event });
    const hashed = { ...release, target_commitish: commit };
    expect(readGithub("release", { action: "published", release: hashed, repository })).toMatchObject({
      event: { commit },
    });
    expect(readGithub("release", { action: "edited", release, repository })).toMatchObject({
      ignored: expect.stringContaining("edited"),
    });
  });

  test("every published example of its webhooks is understood", () => {
    const read = (name: string) => examplesOf(name).map((payload) => readGithub(name, payload));
    const published = read("release").filter((reading) => "event" in reading);
    expect(published.length).toBeGreaterThan(0);
    expect(read("push").filter((reading) => "event" in reading).length).toBeGreaterThan(0);
    expect(read("create").every((reading) => "event" in reading)).toBe(true);
    expect(read("ping").every((reading) => "ignored" in reading)).toBe(true);
    for (const name of ["push", "create", "release"]) {
      for (const reading of read(name)) {
        if ("ignored" in reading) expect(reading.ignored).not.toContain("documents it");
        else expect(reading.event.repository).toBe("Codertocat/Hello-World");
      }
    }
    for (const { name } of webhooks.filter((one) => !["push", "create", "release", "ping"].includes(one.name))) {
      expect(readGithub(name, {})).toEqual({ ignored: expect.stringContaining(name) });
    }
  });

  test("whatever is sent is an event or has a reason", () => {
    const name = fc.constantFrom("push", "create", "release", "ping", "issues");
    fc.assert(
      fc.property(name, fc.oneof(fc.jsonValue(), mangled), (name, payload) => {
        const reading = readGithub(name, payload);
        expect("event" in reading ? reading.event.type : reading.ignored).toEqual(expect.any(String));
      }),
    );
  });
});

/** A push with one of its fields replaced. */
const mangled = fc
  .tuple(fc.constantFrom(...Object.keys(push), "commits"), fc.jsonValue())
  .map(([field, value]) => ({ ...push, [field]: value }));
