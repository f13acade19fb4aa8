import { describe, expect, test } from "vitest";
import { refusalOf, triggerFiltersSchema } from "./filter.ts";
import { NO_EVENT, type SourceEvent } from "./source.event.ts";

const push: SourceEvent = {
  ...NO_EVENT,
  type: "push",
  repository: "acme/greeter",
  branch: "main",
  paths: ["src/a.ts"],
};
const tag: SourceEvent = { ...NO_EVENT, type: "tag", repository: "acme/greeter", tag: "v1.2.0" };

const refusal = (filters: object, event: SourceEvent): string | null =>
  refusalOf(triggerFiltersSchema.parse(filters), event);

describe("filters", () => {
  test("without any, everything is taken", () => {
    for (const event of [push, tag, NO_EVENT]) expect(refusal({}, event)).toBeNull();
  });

  test("repositories are taken by glob, and named when they are refused", () => {
    expect(refusal({ repositories: ["acme/*"] }, push)).toBeNull();
    expect(refusal({ repositories: ["acme/other"] }, push)).toBe(
      "the repository is acme/greeter; the trigger takes acme/other",
    );
    expect(refusal({ repositories: ["acme/*"] }, NO_EVENT)).toContain("no repository is named");
  });

  test.each([
    [["main"], "main", true],
    [["release/*"], "release/1.0", true],
    [["release/*"], "release/1.0/fix", false],
    [["release/**"], "release/1.0/fix", true],
    [["*"], "feature/x", false],
    [["**"], "feature/x", true],
    [["**", "!wip/**"], "wip/x", false],
    [["!wip/**"], "main", true],
    [["!wip/**"], "wip/x", false],
    [["v[0-9]*"], "v1", true],
    [["{main,next}"], "next", true],
    [[".hidden"], ".hidden", true],
  ])("branches %j and the branch %s: %s", (branches, branch, taken) => {
    expect(refusal({ branches }, { ...push, branch }) === null).toBe(taken);
  });

  test("with tags alone pushes to branches are refused, and the other way round", () => {
    expect(refusal({ tags: ["v*"] }, tag)).toBeNull();
    expect(refusal({ tags: ["v*"] }, push)).toBe("the branch is main; the trigger takes tag v*");
    expect(refusal({ branches: ["main"] }, tag)).toBe("the tag is v1.2.0; the trigger takes branch main");
    expect(refusal({ branches: ["main"], tags: ["v*"] }, push)).toBeNull();
  });

  test("paths ask for one file that was touched, and say nothing of tags or of files nobody knows", () => {
    expect(refusal({ paths: ["src/**"] }, push)).toBeNull();
    expect(refusal({ paths: ["docs/**"] }, push)).toContain("docs/**");
    expect(refusal({ paths: ["docs/**"] }, { ...push, paths: null })).toBeNull();
    expect(refusal({ paths: ["docs/**"] }, tag)).toBeNull();
  });

  test("kinds of event can be chosen", () => {
    expect(refusal({ events: ["release"] }, tag)).toBe("a tag; the trigger takes release");
  });
});
