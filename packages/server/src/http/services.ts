import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import { createTokenService, type TokenService } from "../access/token.service.ts";
import { type ArtifactService, createArtifactService } from "../artifact/artifact.service.ts";
import { type AuditService, createAuditService } from "../audit/audit.service.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { createEnvironmentService, type EnvironmentService } from "../environment/environment.service.ts";
import type { EventBell } from "../event/event.bell.ts";
import { createEventService, type EventService } from "../event/event.service.ts";
import { createProjectService, type ProjectService } from "../project/project.service.ts";

/** Everything that a surface (REST, gRPC) may ask of the server. */
export interface Services {
  artifacts: ArtifactService;
  audit: AuditService;
  environments: EnvironmentService;
  events: EventService;
  projects: ProjectService;
  tokens: TokenService;
}

export interface ServiceDeps {
  db: Kysely<Database>;
  clock: () => Instant;
  bell: EventBell;
  /** The running system: instances, logs, gateway. */
  live: Live;
}

export function createServices(deps: ServiceDeps): Services {
  return {
    artifacts: createArtifactService(deps),
    audit: createAuditService(deps),
    environments: createEnvironmentService(deps),
    events: createEventService(deps),
    projects: createProjectService(deps),
    tokens: createTokenService(deps),
  };
}
