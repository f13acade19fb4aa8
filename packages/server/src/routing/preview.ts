import { invalidField, normalPrefix, type Rollout, SluiceError } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { findRoute, lockRoute, previewHolder, routeHolder } from "./route.store.ts";

/**
 * Sees to it that a rollout may show its candidate at the path that its strategy names, in the transaction that begins it.
 * Throws `already_exists` naming the holder when another deployment has that address, `invalid_argument` when the
 * deployment has no route that the path could stand beside, or has it itself.
 */
export async function claimPreview(db: Db, { strategy, deployment }: Rollout): Promise<void> {
  if (strategy.type !== "blue-green" || strategy.previewRoute === null) return;
  const path = strategy.previewRoute;
  const field = "strategy.previewRoute";
  const route = await findRoute(db, deployment);
  if (route === null) throw invalidField(field, path, "nothing, for the deployment has no route; give it one first");
  if (normalPrefix(path) === normalPrefix(route.settings.path)) {
    throw invalidField(field, path, "another path than the deployment's own route");
  }
  const wanted = { ...route.settings, path };
  await lockRoute(db, wanted);
  const holder = (await routeHolder(db, wanted, deployment)) ?? (await previewHolder(db, wanted, deployment));
  if (holder === null) return;
  throw new SluiceError("already_exists", `${field} ${path} is taken by ${holder}; choose another path`, {
    violations: [{ field, found: path, allowed: `a path that nobody has; ${holder} has it` }],
  });
}
