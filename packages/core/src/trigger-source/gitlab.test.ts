import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readGitlab } from "./gitlab.ts";

const commit = "da1560886d4f094c3e6c9ef40349f7d38b5d27d7";
const project = { id: 15, path_with_namespace: "acme/greeter", git_http_url: "http://git.example/acme/greeter.git" };
const push = {
  object_kind: "push",
  event_name: "push",
  before: "95790bf891e76fee5e1747ab589903a6a1f80f22",
  after: commit,
  ref: "refs/heads/main",
  ref_protected: true,
  checkout_sha: commit,
  project,
  commits: [{ id: commit, added: ["CHANGELOG"], modified: ["app/controller/application.rb"], removed: [] }],
  total_commits_count: 1,
};
const release = {
  object_kind: "release",
  action: "create",
  tag: "v1.1.0",
  name: "v1.1",
  project,
  commit: { id: commit, message: "Release v1.1" },
};

const NOTHING = { branch: null, tag: null, paths: null, inputs: {}, repository: "acme/greeter", commit };

describe("what GitLab tells", () => {
  test("a Push Hook is a push with its files", () => {
    const paths = ["CHANGELOG", "app/controller/application.rb"];
    const event = { ...NOTHING, type: "push", branch: "main", paths };
    expect(readGitlab("Push Hook", push)).toEqual({ event });
  });

  test("files are unknown where it tells only the newest commits", () => {
    expect(readGitlab("Push Hook", { ...push, total_commits_count: 25 })).toMatchObject({ event: { paths: null } });
  });

  test("a Tag Push Hook is a tag with the commit below it", () => {
    const tagged = { ...push, object_kind: "tag_push", ref: "refs/tags/v1.0.0", after: "b".repeat(40), commits: [] };
    const event = { ...NOTHING, type: "tag", tag: "v1.0.0" };
    expect(readGitlab("Tag Push Hook", { ...tagged, total_commits_count: 0 })).toEqual({ event });
  });

  test("a tag that was deleted starts nothing", () => {
    const gone = { ...push, ref: "refs/tags/v1.0.0", after: "0".repeat(40), checkout_sha: null, commits: [] };
    expect(readGitlab("Tag Push Hook", gone)).toEqual({ ignored: "refs/tags/v1.0.0 was deleted" });
  });

  test("a Release Hook counts when a release is created", () => {
    expect(readGitlab("Release Hook", release)).toEqual({ event: { ...NOTHING, type: "release", tag: "v1.1.0" } });
    for (const action of ["update", "delete"]) {
      expect(readGitlab("Release Hook", { ...release, action })).toEqual({ ignored: expect.stringContaining(action) });
    }
  });

  test("other hooks are named", () => {
    expect(readGitlab("Merge Request Hook", {})).toEqual({ ignored: expect.stringContaining("Merge Request Hook") });
  });

  test("whatever is sent is an event or has a reason", () => {
    const mangled = fc
      .tuple(fc.constantFrom(...Object.keys(push), "commits"), fc.jsonValue())
      .map(([field, value]) => ({ ...push, [field]: value }));
    const name = fc.constantFrom("Push Hook", "Tag Push Hook", "Release Hook", "Job Hook");
    fc.assert(
      fc.property(name, fc.oneof(fc.jsonValue(), mangled), (name, payload) => {
        const reading = readGitlab(name, payload);
        expect("event" in reading ? reading.event.type : reading.ignored).toEqual(expect.any(String));
      }),
    );
  });
});
