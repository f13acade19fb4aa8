import { RESOURCE_KINDS, type Resource, type ResourceKind } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type DeliveryObject, wishOf } from "./delivery.kinds.ts";
import { needs, unmetNeeds } from "./needs.ts";
import { noticesOf } from "./notices.ts";
import type { Look } from "./server.ts";
import { deliveryStatus } from "./status.ts";

const object = (spec: unknown, name = "greeter"): DeliveryObject => ({
  metadata: { name, namespace: "shop", generation: 4 },
  spec,
});
const wish = (kind: ResourceKind, spec: object, name?: string): Resource =>
  wishOf(kind, object(spec, name), null).resource;
const DEPLOYMENT = { artifact: "greeter", version: "1", environment: "production" };

test("an object is its document: named as it is, in the project of its namespace unless it says otherwise", () => {
  expect(wish("Deployment", DEPLOYMENT)).toMatchObject({
    kind: "Deployment",
    name: "greeter",
    project: "shop",
    version: "1",
  });
  expect(wish("Artifact", { artifactKind: "prompt", name: "other", project: "x" })).toMatchObject({
    name: "other",
    project: "x",
  });
  expect(wishOf("Artifact", object({ artifactKind: "prompt" }), "all").resource.project).toBe("all");
  expect(wishOf("Deployment", object({ ...DEPLOYMENT, deletionPolicy: "Orphan" }), null).deletionPolicy).toBe("Orphan");
});

test.each([
  ["Deployment", { ...DEPLOYMENT, colour: "blue" }, "spec.colour"],
  ["Deployment", { artifact: "greeter" }, "spec.version"],
  ["Deployment", { ...DEPLOYMENT, deletionPolicy: "Keep" }, "spec.deletionPolicy"],
  ["Artifact", {}, "spec.artifactKind"],
  ["Artifact", null, "spec.artifactKind"],
] satisfies [ResourceKind, unknown, string][])("%s %j is refused, naming %s", (kind, spec, field) => {
  expect(() => wishOf(kind, object(spec), null)).toThrow(field);
});

const ALL: Resource[] = [
  wish("Environment", {}, "production"),
  wish("Artifact", { artifactKind: "application" }),
  wish("Version", { artifact: "greeter", version: "1", spec: {} }),
  wish("Gate", { artifact: "greeter", conditions: [{ type: "cost", dataset: "faq", threshold: 1 }] }, "quality"),
  wish("Deployment", DEPLOYMENT),
];

test("a deployment waits for all that it needs, in their order, and for nothing of others", () => {
  const deployment = ALL[4] ?? expect.fail();
  const known = (isReady: boolean) => ALL.toReversed().map((resource) => ({ resource, isReady }));
  expect(unmetNeeds(deployment, known(false))).toEqual([
    "Environment production",
    "Artifact greeter",
    "Version greeter 1",
    "Gate quality",
  ]);
  expect(unmetNeeds(deployment, known(true))).toEqual([]);
  expect(unmetNeeds({ ...deployment, project: "elsewhere" }, known(false))).toEqual([]);
});

test("nobody waits for whoever waits for it", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.constantFrom(...ALL), (one, other) => {
      if (needs(one, other)) {
        expect(needs(other, one)).toBe(false);
        expect(RESOURCE_KINDS.indexOf(other.kind)).toBeLessThan(RESOURCE_KINDS.indexOf(one.kind));
      }
    }),
  );
});

const look = (part: object, rollout: object | null = null): Look =>
  ({
    deployment: {
      id: "dep_1",
      status: "running",
      version: "1",
      activeRollout: null,
      split: [{ version: "1", weight: 100 }],
      ...part,
    },
    rollout:
      rollout === null
        ? null
        : { id: "rol_1", toVersion: "1", weight: 100, phase: "completed", reason: null, paused: false, ...rollout },
  }) as Look;

const NOW = "2026-11-21T10:00:00Z";
const statusFor = (seen: Look | null, problem: { reason: string; message: string; unknown?: boolean } | null = null) =>
  deliveryStatus({ object: object(DEPLOYMENT), applied: "d", problem, look: seen, version: "1" }, NOW);
const wordsOf = ({ conditions }: ReturnType<typeof statusFor>) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

test.each([
  [
    "it runs",
    look({}, {}),
    {
      ...{ Ready: "True Running", Progressing: "False Completed", Degraded: "False AsExpected" },
      ...{ Reconciling: "False Running", Stalled: "False AsExpected" },
    },
  ],
  [
    "a rollout goes on",
    look({ status: "updating", version: "0" }, { phase: "shifting", weight: 5 }),
    {
      ...{ Ready: "False Shifting", Progressing: "True Shifting", Degraded: "False AsExpected" },
      ...{ Reconciling: "True Shifting", Stalled: "False AsExpected" },
    },
  ],
  [
    "a rollout is paused",
    look({ status: "updating", version: "0" }, { phase: "shifting", weight: 5, paused: true }),
    { Ready: "False Paused", Progressing: "True Paused", Reconciling: "True Paused" },
  ],
  [
    "it was taken back",
    look({ version: "0" }, { phase: "rolled_back", reason: "errors" }),
    {
      Ready: "False RolledBack",
      Degraded: "True RolledBack",
      Reconciling: "False RolledBack",
      Stalled: "True RolledBack",
    },
  ],
  [
    "it is broken",
    look({ status: "failed" }, {}),
    { Ready: "False Failed", Degraded: "True Failed", Stalled: "True Failed" },
  ],
  [
    "somebody deployed something else",
    look({ version: "9" }, { toVersion: "9" }),
    { Ready: "False OtherVersion", Degraded: "False AsExpected", Stalled: "True OtherVersion" },
  ],
  ["somebody stopped it", look({ status: "stopped" }, {}), { Ready: "False Stopped", Stalled: "False AsExpected" }],
])("when %s", (_, seen, expected) => expect(wordsOf(statusFor(seen))).toMatchObject(expected));

test("a server that is away makes nothing false: what was last seen stays, and it is said", () => {
  const running = statusFor(look({}, {}));
  const away = deliveryStatus(
    {
      object: { ...object(DEPLOYMENT), status: running },
      applied: "d",
      problem: { reason: "ServerUnreachable", message: "no answer", unknown: true },
      look: null,
      version: "1",
    },
    NOW,
  );
  expect(wordsOf(away)).toMatchObject({
    ...{ Accepted: "Unknown ServerUnreachable", Ready: "Unknown ServerUnreachable" },
    ...{ Reconciling: "True ServerUnreachable", Stalled: "False AsExpected" },
  });
  expect(away).toMatchObject({ deployment: "dep_1", rollout: "rol_1", version: "1", weight: 100 });
});

test("what the server refuses does not come by itself, whatever runs meanwhile", () => {
  const refused = { reason: "Refused", message: "there is no artifact nobody" };
  const stalled = { Reconciling: "False Refused", Stalled: "True Refused" };
  expect(wordsOf(statusFor(null, refused))).toMatchObject({ Ready: "False Refused", ...stalled });
  expect(wordsOf(statusFor(look({}, {}), refused))).toMatchObject({ Ready: "False Running", ...stalled });
});

test("people are told of what was taken, of each phase, and of a bad end with a warning", () => {
  const moving = statusFor(look({ status: "updating" }, { phase: "shifting", weight: 5 }));
  expect(noticesOf(undefined, moving).map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    "Normal Accepted",
    "Normal Shifting",
  ]);
  expect(noticesOf(moving, moving)).toEqual([]);
  const paused = statusFor(look({ status: "updating" }, { phase: "shifting", weight: 5, paused: true }));
  expect(noticesOf(moving, paused)).toMatchObject([{ reason: "Paused", note: expect.stringContaining("at 5 %") }]);
  expect(noticesOf(paused, moving)).toMatchObject([{ reason: "Shifting" }]);
  const back = statusFor(look({ version: "0" }, { phase: "rolled_back", reason: "errors" }));
  expect(noticesOf(moving, back)).toMatchObject([
    { type: "Warning", reason: "RolledBack", note: expect.stringContaining("errors") },
  ]);
});
