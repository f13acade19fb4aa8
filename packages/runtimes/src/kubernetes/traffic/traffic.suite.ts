import { type ClusterTraffic, FULL_WEIGHT, type RouteConfig, type RouteObservation, type Split } from "@sluice/core";
import { describe, expect, test } from "vitest";
import type { ClusterPlane } from "./cluster.plane.ts";
import { routeConfig } from "./testing.ts";

/** One deployment in a namespace of its own, with pods of as many revisions as a test asks for. */
export interface TrafficPlace extends AsyncDisposable {
  /** A data plane of a process of its own, that knows only what is in the cluster. */
  plane(): Promise<ClusterPlane>;
  put(plane: ClusterPlane, config: RouteConfig): Promise<void>;
  /** Id of the deployment. */
  deployment: string;
  /** So many ready pods of the revision, and its Service. */
  revision(revision: number, replicas: number): Promise<void>;
  /** Names of the traffic's objects, by kind. */
  objects(): Promise<string[]>;
  /** Somebody gives the candidate half of everything, by hand. */
  meddle(): Promise<void>;
  /** Somebody else has an object of that very name. */
  squat(): Promise<void>;
}

export interface TrafficHarness {
  type: ClusterTraffic["type"];
  open(): Promise<TrafficPlace>;
}

const only = (revision: number): Split => [{ revision, weight: FULL_WEIGHT }];
const between = (stable: number, candidate: number, weight: number): Split => [
  { revision: stable, weight: FULL_WEIGHT - weight },
  { revision: candidate, weight },
];

/** What every data plane of a cluster must show, on a real API server. */
export function trafficSuite({ type, open }: TrafficHarness): void {
  describe(`traffic by ${type}`, () => {
    const at = (place: TrafficPlace, epoch: number, split: Split): RouteConfig =>
      routeConfig({ id: place.deployment, epoch, split });

    /** Puts, and waits until it is in force. */
    const deal = async (place: TrafficPlace, plane: ClusterPlane, epoch: number, split: Split): Promise<void> => {
      await place.put(plane, at(place, epoch, split));
      await expect
        .poll(() => seen(plane.route(place.deployment)), { message: `epoch ${epoch}` })
        .toEqual({ epoch, split });
    };

    // edge case 19
    test("a split is in force when the data plane says so, with its epoch, to the hundredth of a percent", async () => {
      await using place = await open();
      await place.revision(1, 3);
      const plane = await place.plane();
      expect(plane.route(place.deployment)).toBeNull();
      await deal(place, plane, 1, only(1));
      await place.revision(2, 1);
      await deal(place, plane, 2, between(1, 2, 2_500));
      expect(plane.connected(place.deployment)).toBe(true);
      expect(plane.route(place.deployment)?.usable).toEqual(
        expect.arrayContaining([
          { revision: 1, endpoints: 3 },
          { revision: 2, endpoints: 1 },
        ]),
      );
      await deal(place, plane, 3, only(2));
    });

    test("an older epoch is refused, also by a process that has just started", async () => {
      await using place = await open();
      await place.revision(1, 1);
      const plane = await place.plane();
      await deal(place, plane, 5, only(1));
      await expect(place.put(plane, at(place, 4, only(1)))).rejects.toMatchObject({ code: "aborted" });
      const another = await place.plane();
      await expect(place.put(another, at(place, 4, only(1)))).rejects.toMatchObject({ code: "aborted" });
      expect(seen(plane.route(place.deployment))).toEqual({ epoch: 5, split: only(1) });
    });

    test("a process that has just started finds what is there, and can take it away", async () => {
      await using place = await open();
      await place.revision(1, 1);
      const first = await place.plane();
      await deal(place, first, 1, only(1));
      const another = await place.plane();
      expect(another.routes()).toContain(place.deployment);
      expect(another.route(place.deployment)?.split).toEqual(only(1));
      await another.remove(place.deployment);
      // Also the one that had put it leaves it at that.
      for (const plane of [another, first]) await expect.poll(() => plane.route(place.deployment)).toBeNull();
      expect(await place.objects()).toEqual([]);
      await another.remove(place.deployment);
    });

    // edge case 49
    test("canary, rollback and canary leave no route behind", async () => {
      await using place = await open();
      await place.revision(1, 3);
      const plane = await place.plane();
      await deal(place, plane, 1, only(1));
      const before = await place.objects();
      await place.revision(2, 1);
      await deal(place, plane, 2, between(1, 2, 2_500));
      await deal(place, plane, 3, only(1));
      await place.revision(3, 1);
      // edge case 20
      await deal(place, plane, 4, between(1, 3, 2_500));
      await deal(place, plane, 5, only(1));
      expect(await place.objects()).toEqual(before);
    });

    test("what somebody changes by hand is put back", async () => {
      await using place = await open();
      await place.revision(1, 3);
      await place.revision(2, 1);
      const plane = await place.plane();
      const split = between(1, 2, 2_500);
      await deal(place, plane, 1, split);
      const heard = new Promise<void>((resolve) =>
        plane.onRoute((deployment) => deployment === place.deployment && resolve()),
      );
      await place.meddle();
      await heard;
      await expect.poll(() => seen(plane.route(place.deployment))).toEqual({ epoch: 1, split });
    });

    // edge case 44
    test("an object of that name that is somebody else's is not touched, and the refusal is told", async () => {
      await using place = await open();
      await place.revision(1, 1);
      await place.squat();
      const plane = await place.plane();
      await expect(place.put(plane, at(place, 1, only(1)))).rejects.toMatchObject({
        code: "failed_precondition",
        message: expect.stringMatching(/is managed by .*; Sluice does not touch it/),
      });
      expect(plane.route(place.deployment)?.problem).toMatch(/Sluice does not touch it/);
    });
  });
}

/** Without shares of nothing, in the order of the revisions. */
const seen = (route: RouteObservation | null): { epoch: number; split: Split } | null =>
  route && {
    epoch: route.epoch,
    split: route.split.filter(({ weight }) => weight > 0).toSorted((left, right) => left.revision - right.revision),
  };
