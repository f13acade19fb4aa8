import type { QueryClient } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, retainSearchParams } from "@tanstack/react-router";
import { artifactSearch } from "../artifact/search.ts";
import { artifactsSearch } from "../artifacts/filter.ts";
import { auditSearch } from "../audit/search.ts";
import { deploySearch } from "../deploy/search.ts";
import { deploymentSearch } from "../deployment/search.ts";
import { deploymentsSearch } from "../deployments/filter.ts";
import { environmentSearch } from "../environment/search.ts";
import { overviewSearch } from "../overview/search.ts";
import { rolloutsSearch } from "../rollouts/filter.ts";
import { settingsSearch } from "../settings/search.ts";
import { page } from "./load.ts";
import { NotFound } from "./not-found.tsx";
import { PageTrouble } from "./page-trouble.tsx";
import { SessionGate } from "./session.tsx";
import { Shell } from "./shell.tsx";

const root = createRootRoute({
  validateSearch: ({ project }: Record<string, unknown>): { project?: string } =>
    typeof project === "string" ? { project } : {},
  search: { middlewares: [retainSearchParams(["project"])] },
  component: () => (
    <SessionGate>
      <Shell />
    </SessionGate>
  ),
  notFoundComponent: NotFound,
  errorComponent: PageTrouble,
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: overviewSearch,
  component: page(() => import("../overview/overview.page.tsx"), "OverviewPage"),
});

const rollout = createRoute({
  getParentRoute: () => root,
  path: "/rollouts/$id",
  component: page(() => import("../rollout/rollout.page.tsx"), "RolloutPage"),
});

const rollouts = createRoute({
  getParentRoute: () => root,
  path: "/rollouts",
  validateSearch: rolloutsSearch,
  component: page(() => import("../rollouts/rollouts.page.tsx"), "RolloutsPage"),
});

const deployments = createRoute({
  getParentRoute: () => root,
  path: "/deployments",
  validateSearch: deploymentsSearch,
  component: page(() => import("../deployments/deployments.page.tsx"), "DeploymentsPage"),
});

const deployment = createRoute({
  getParentRoute: () => root,
  path: "/deployments/$id",
  validateSearch: deploymentSearch,
  component: page(() => import("../deployment/deployment.page.tsx"), "DeploymentPage"),
});

const deploy = createRoute({
  getParentRoute: () => root,
  path: "/deploy",
  validateSearch: deploySearch,
  component: page(() => import("../deploy/deploy.page.tsx"), "DeployPage"),
});

const artifacts = createRoute({
  getParentRoute: () => root,
  path: "/artifacts",
  validateSearch: artifactsSearch,
  component: page(() => import("../artifacts/artifacts.page.tsx"), "ArtifactsPage"),
});

const artifact = createRoute({
  getParentRoute: () => root,
  path: "/artifacts/$name",
  validateSearch: artifactSearch,
  component: page(() => import("../artifact/artifact.page.tsx"), "ArtifactPage"),
});

const library = createRoute({
  getParentRoute: () => root,
  path: "/library",
  component: page(() => import("../library/library.page.tsx"), "LibraryPage"),
});

const environments = createRoute({
  getParentRoute: () => root,
  path: "/environments",
  component: page(() => import("../environments/environments.page.tsx"), "EnvironmentsPage"),
});

const environment = createRoute({
  getParentRoute: () => root,
  path: "/environments/$name",
  validateSearch: environmentSearch,
  component: page(() => import("../environment/environment.page.tsx"), "EnvironmentPage"),
});

const audit = createRoute({
  getParentRoute: () => root,
  path: "/audit",
  validateSearch: auditSearch,
  component: page(() => import("../audit/audit.page.tsx"), "AuditPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: settingsSearch,
  component: page(() => import("../settings/settings.page.tsx"), "SettingsPage"),
});

export const createAppRouter = (queries: QueryClient) =>
  createRouter({
    routeTree: root.addChildren([
      overview,
      rollout,
      rollouts,
      deployments,
      deployment,
      deploy,
      artifacts,
      artifact,
      library,
      environments,
      environment,
      audit,
      settings,
    ]),
    context: { queries },
    defaultPreload: "intent",
    // Within the shell: whoever cannot see one page may go to another.
    defaultErrorComponent: PageTrouble,
    scrollRestoration: true,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
