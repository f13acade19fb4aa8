import { type DataPlane, type Placement, type RouteConfig, type RouteObservation, SluiceError } from "@sluice/core";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import { KINDS, type Kind, nameOf } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { selectorOf } from "../names.ts";
import type { Dealer, Dealt } from "./dealer.ts";
import { createGatewayApiDealer } from "./gateway-api/gateway-api.dealer.ts";
import { createIngressNginxDealer } from "./ingress-nginx/ingress-nginx.dealer.ts";
import { TRAFFIC_KINDS } from "./kinds.ts";
import { deploymentOf } from "./objects.ts";
import { createReplicasDealer } from "./replicas/replicas.dealer.ts";
import { isReady, type Pod, revisionOfPod } from "./replicas/serving.ts";

export interface ClusterPlaneOptions {
  cluster: Cluster;
  logger: RuntimeLogger;
  clock?: () => number;
  /** What ingress-nginx is given to take over a change. */
  settleMs?: number;
}

/** The data plane of a cluster: whatever deals its deployments' callers without us. */
export interface ClusterPlane extends Required<DataPlane> {
  /** Follows what is there already. Kinds that the cluster lacks, or that may not be read, are followed when they are needed. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What is merely not in force yet is no problem for so long. */
const PENDING_MS = 15_000;

interface Wanted {
  config: RouteConfig;
  placement: Placement;
  dealer: Dealer;
}

/** What changes without anybody's doing. */
const MOVING = new Set<string>([KINDS.pod.kind, TRAFFIC_KINDS.endpointSlice.kind]);

/** Errors that looking again does not help against: people must hear of them. */
const LASTING = new Set(["failed_precondition", "permission_denied", "invalid_argument", "unimplemented", "not_found"]);

/**
 * Keeps the traffic's objects of all deployments as they were put, and tells what they deal. What somebody else changes in
 * them is put back; what the cluster refuses is told with the observation, in its own words.
 */
export function createClusterPlane({ cluster, logger, clock = Date.now, settleMs }: ClusterPlaneOptions): ClusterPlane {
  const listeners = new Set<(deployment: string) => void>();
  const changed = (deployment: string): void => {
    for (const listener of listeners) listener(deployment);
  };
  const ingressNginx = createIngressNginxDealer({
    cluster,
    changed,
    clock,
    ...(settleMs !== undefined && { settleMs }),
  });
  const dealers: readonly Dealer[] = [
    createGatewayApiDealer({ cluster, changed, clock }),
    ingressNginx,
    createReplicasDealer(cluster),
  ];
  const wanted = new Map<string, Wanted>();
  /** What of it was brought about. */
  const brought = new Map<string, Wanted>();
  const problems = new Map<string, string>();
  const pendingSince = new Map<string, number>();
  /** What somebody else changed last, and when it was put back (edge case 51). */
  const mended = new Map<string, NonNullable<RouteObservation["mended"]>>();
  const turns = new Map<string, Promise<unknown>>();

  /** One hand at a time for each deployment. */
  const inTurn = <T>(deployment: string, work: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(deployment) ?? Promise.resolve()).then(work, work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (turns.get(deployment) === settled) turns.delete(deployment);
      });
    turns.set(deployment, settled);
    return turn;
  };

  const follows = ({ kinds }: Dealer): boolean => kinds.every((kind) => cluster.cache.follows(kind));

  const follow = async ({ kinds }: Dealer): Promise<void> => {
    for (const kind of kinds) {
      if (cluster.cache.follows(kind)) continue;
      if (!(await cluster.serves(kind))) throw new SluiceError("failed_precondition", missing(kind));
      await cluster.cache.follow(kind);
    }
  };

  const dealerOf = ({ target }: Placement): Dealer => {
    const type = target.type === "kubernetes" ? target.traffic.type : target.type;
    const dealer = dealers.find((candidate) => candidate.type === type);
    if (dealer === undefined) throw new SluiceError("failed_precondition", `no cluster deals callers by ${type}`);
    return dealer;
  };

  /** The dealer that has it: the one that was asked last, else whichever has anything of it. */
  const dealtBy = (deployment: string): { dealer: Dealer; dealt: Dealt } | null => {
    const last = wanted.get(deployment)?.dealer;
    for (const dealer of last === undefined ? dealers : [last, ...dealers]) {
      const dealt = follows(dealer) ? dealer.observe(deployment) : null;
      if (dealt !== null) return { dealer, dealt };
    }
    return null;
  };

  const bring = async ({ config, placement, dealer }: Wanted): Promise<boolean> => {
    await follow(dealer);
    const wrote = await dealer.put(config, placement);
    // Callers are dealt in the new way before the old one is taken away.
    for (const other of dealers) if (other !== dealer && follows(other)) await other.remove(config.id);
    return wrote;
  };

  const problemOf = (deployment: string, dealt: Dealt): string | null => {
    if (dealt.state.is === "in force") {
      pendingSince.delete(deployment);
      return null;
    }
    if (dealt.state.is === "refused") return dealt.state.why;
    const since = pendingSince.get(deployment) ?? clock();
    pendingSince.set(deployment, since);
    return clock() - since >= PENDING_MS ? dealt.state.why : null;
  };

  const observe = (deployment: string): RouteObservation | null => {
    const found = dealtBy(deployment);
    const refused = problems.get(deployment) ?? null;
    if (found === null) return refused === null ? null : { ...nothing(deployment), problem: refused };
    const { dealt } = found;
    const usable = new Map<number, number>();
    for (const pod of cluster.cache.follows(KINDS.pod)
      ? cluster.cache.list<Pod>(KINDS.pod, selectorOf(deployment))
      : [])
      if (isReady(pod)) usable.set(revisionOfPod(pod), (usable.get(revisionOfPod(pod)) ?? 0) + 1);
    return {
      ...nothing(deployment),
      epoch: dealt.state.is === "in force" ? dealt.epoch : 0,
      split: dealt.split,
      usable: [...usable].map(([revision, endpoints]) => ({ revision, endpoints })),
      problem: refused ?? problemOf(deployment, dealt),
      mended: mended.get(deployment) ?? null,
    };
  };

  /** What the cluster does not know at the moment is nothing that can be told. */
  const known = <T>(ask: () => T, otherwise: T): T => {
    try {
      return ask();
    } catch (error) {
      if (error instanceof SluiceError && error.code === "unavailable") return otherwise;
      throw error;
    }
  };

  /**
   * What was changed is put back. What is gone is not: another server may have taken it away for good, and who knows what is on disk
   * puts it again. Pods come and go by themselves: then other ones are chosen, and nobody has meddled.
   */
  const repair = (kind: Kind, { metadata }: KubeObject, deployment: string): void => {
    if (!wanted.has(deployment)) return;
    inTurn(deployment, async () => {
      const now = wanted.get(deployment);
      if (now === undefined || now !== brought.get(deployment) || now.dealer.observe(deployment) === null) return;
      if (!(await bring(now)) || MOVING.has(kind.kind)) return;
      const what = nameOf(kind, metadata.namespace, metadata.name);
      mended.set(deployment, { what, at: clock() });
      logger.warn({ deployment, traffic: now.dealer.type, what }, "traffic that somebody else changed was put back");
      changed(deployment);
    }).catch((error: unknown) => {
      // Overtaken: another server has put something newer, and looks after it.
      if (error instanceof SluiceError && error.code === "aborted") brought.delete(deployment);
      else logger.warn({ err: error, deployment }, "the traffic was not put back; trying again");
    });
  };

  const stop = cluster.cache.onChange((kind, object) => {
    const deployment = deploymentOf(object);
    if (deployment === null || !dealers.some(({ kinds }) => kinds.some((own) => own.kind === kind.kind))) return;
    repair(kind, object, deployment);
    changed(deployment);
  });

  return {
    connected: (deployment) => {
      const dealer = deployment === undefined ? undefined : wanted.get(deployment)?.dealer;
      const asked = dealer === undefined ? dealers.filter(follows) : [dealer];
      return known(() => asked.length > 0 && asked.every((one) => follows(one) && one.deployments() !== null), false);
    },
    route: (deployment) => known(() => observe(deployment), null),
    routes: () => known(() => [...new Set(dealers.filter(follows).flatMap((dealer) => dealer.deployments()))], []),

    async put(config, placement) {
      const wish = { config, placement, dealer: dealerOf(placement) };
      const before = wanted.get(config.id);
      if (before !== undefined && before.config.epoch > config.epoch)
        throw new SluiceError(
          "aborted",
          `route of ${config.id}: epoch ${config.epoch} is older than ${before.config.epoch}`,
        );
      wanted.set(config.id, wish);
      await inTurn(config.id, async () => {
        try {
          await bring(wish);
          brought.set(config.id, wish);
          problems.delete(config.id);
        } catch (error) {
          if (error instanceof SluiceError && LASTING.has(error.code)) problems.set(config.id, error.message);
          throw error;
        }
      });
      changed(config.id);
    },

    async remove(deployment) {
      wanted.delete(deployment);
      brought.delete(deployment);
      problems.delete(deployment);
      pendingSince.delete(deployment);
      mended.delete(deployment);
      await inTurn(deployment, async () => {
        for (const dealer of dealers) if (follows(dealer)) await dealer.remove(deployment);
      });
      changed(deployment);
    },

    onRoute(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // The cluster forgets nothing: there is nobody who would have to be told all over again.
    onConnect: () => () => undefined,

    async preflight(placement, wish) {
      const dealer = dealerOf(placement);
      const lacking: Kind[] = [];
      for (const kind of dealer.kinds) if (!(await cluster.serves(kind))) lacking.push(kind);
      if (lacking.length > 0) return lacking.map((kind) => ({ message: missing(kind), grave: true }));
      return dealer.preflight(placement, wish);
    },

    async start() {
      for (const dealer of dealers) {
        await follow(dealer).catch((error: unknown) =>
          logger.warn({ err: error, traffic: dealer.type }, "this way of dealing traffic is not followed yet"),
        );
      }
    },

    async close() {
      stop();
      ingressNginx.close();
      await Promise.allSettled(turns.values());
    },
  };
}

const missing = ({ kind, apiVersion }: Kind): string =>
  `the cluster has no ${kind} (${apiVersion}): the custom resource definitions of that group are not installed`;

const nothing = (id: string): RouteObservation => ({ id, epoch: 0, split: [], usable: [], stats: [], guard: null });
