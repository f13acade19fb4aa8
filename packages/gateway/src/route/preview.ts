import { FULL_WEIGHT, type Preview, type RouteConfig } from "@sluice/core";

/** The route at which a preview is served: the deployment's own, at another path and with one revision. */
export const previewConfigOf = (config: RouteConfig, { path, revision }: Preview): RouteConfig => ({
  ...config,
  match: { ...config.match, path },
  stickiness: { by: "none" },
  split: [{ revision, weight: FULL_WEIGHT }],
  pins: [],
  mirror: null,
  backends: config.backends.filter((backend) => backend.revision === revision),
  guard: null,
  preview: null,
  compare: null,
});
