-- The whole schema of the control plane. Migrations only expand, then contract.
-- Times are timestamptz; documents are jsonb in the shapes of packages/core.

create table projects (
  name       text primary key,
  created_at timestamptz not null default now()
);

create table environments (
  project    text not null references projects (name),
  name       text not null,
  spec       jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project, name)
);

create table artifacts (
  id         text primary key,
  project    text not null references projects (name),
  name       text not null,
  kind       text not null check (kind in ('prompt', 'agent', 'model', 'pipeline', 'application')),
  labels     jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (project, name)
);

-- Immutable: no statement updates a version.
create table versions (
  id          text primary key,
  artifact_id text not null references artifacts (id),
  version     text not null,
  digest      text not null,
  spec        jsonb not null,
  source      jsonb,
  created_at  timestamptz not null default now(),
  created_by  text not null,
  unique (artifact_id, version)
);

create table deployments (
  id              text primary key,
  project         text not null,
  environment     text not null,
  name            text not null,
  artifact_id     text not null references artifacts (id),
  -- The last fully promoted revision; null before the first completed rollout.
  stable_revision integer,
  -- What a person or an autoscaler wants; a revision's own configuration is only its first value.
  replicas        integer not null,
  stopped         boolean not null default false,
  deleting        boolean not null default false,
  labels          jsonb not null default '{}',
  -- Fencing token of everything that is applied for this deployment; grows with every change of desired state.
  fence           bigint not null default 1,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  deployed_by     text not null,
  foreign key (project, environment) references environments (project, name),
  unique (project, environment, name)
);
create index deployments_artifact on deployments (artifact_id);

-- Immutable: no statement updates a revision.
create table revisions (
  deployment_id text not null references deployments (id) on delete cascade,
  number        integer not null,
  version_id    text not null references versions (id),
  digest        text not null,
  config        jsonb not null,
  created_at    timestamptz not null default now(),
  created_by    text not null,
  primary key (deployment_id, number)
);

-- Desired state of instances. replicas = 0 means: remove. retire_at: keep warm until then, then remove.
create table workloads (
  deployment_id text not null references deployments (id) on delete cascade,
  revision      integer not null,
  replicas      integer not null check (replicas >= 0),
  retire_at     timestamptz,
  primary key (deployment_id, revision)
);

-- Desired state of traffic: one route a deployment, never two deployments on one route.
create table routes (
  deployment_id text primary key references deployments (id) on delete cascade,
  host          text not null default '',
  path          text not null,
  -- Canonical JSON of the header and cookie conditions.
  conditions    text not null default '{}',
  settings      jsonb not null,
  -- split, mirror, pins, guard as the active rollout or the deployment's keeper wants them.
  desired       jsonb not null,
  epoch         bigint not null default 1,
  unique (host, path, conditions)
);

create table rollouts (
  id            text primary key,
  deployment_id text not null references deployments (id) on delete cascade,
  project       text not null,
  environment   text not null,
  artifact      text not null,
  phase         text not null,
  active        boolean not null,
  -- The whole Rollout of packages/core; phase and active are copies to search by.
  state         jsonb not null,
  row_version   bigint not null default 1,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  finished_at   timestamptz
);
create index rollouts_deployment on rollouts (deployment_id, id);
create index rollouts_active on rollouts (deployment_id, id) where active;
create index rollouts_project on rollouts (project, id);

-- A hook is called at least once and its answer kept for ever: a restart never forgets that it was called.
create table hook_calls (
  rollout_id  text not null references rollouts (id) on delete cascade,
  step        integer not null,
  status      text not null check (status in ('running', 'succeeded', 'failed')),
  message     text not null default '',
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  primary key (rollout_id, step)
);

-- seq is handed out at insert, not at commit. Readers follow (xact, seq) and look only below the oldest transaction
-- still open, so that none is skipped.
create table events (
  seq           bigint generated always as identity primary key,
  project       text not null,
  deployment_id text,
  rollout_id    text,
  type          text not null,
  message       text not null,
  alert         boolean not null default false,
  data          jsonb not null default '{}',
  at            timestamptz not null default now(),
  xact          xid8 not null default pg_current_xact_id()
);
create index events_rollout on events (rollout_id, seq);
create index events_order on events (xact, seq);

create table audit_heads (
  project text primary key references projects (name),
  seq     bigint not null,
  hash    text not null
);

create table audit_entries (
  project  text not null references projects (name),
  seq      bigint not null,
  at       timestamptz not null,
  actor    text not null,
  action   text not null,
  subject  text not null,
  detail   jsonb not null,
  previous text not null,
  hash     text not null,
  primary key (project, seq)
);

create table tokens (
  id           text primary key,
  -- Null: every project.
  project      text references projects (name),
  name         text not null,
  hash         text not null unique,
  role         text not null check (role in ('viewer', 'deployer', 'approver', 'admin')),
  -- Null: every environment of the project.
  environment  text,
  created_at   timestamptz not null default now(),
  created_by   text not null,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz
);

create table idempotency_keys (
  project      text not null,
  actor        text not null,
  key          text not null,
  request_hash text not null,
  status       integer,
  body         jsonb,
  created_at   timestamptz not null default now(),
  primary key (project, actor, key)
);
create index idempotency_age on idempotency_keys (created_at);

insert into projects (name) values ('default');
insert into audit_heads (project, seq, hash) values ('default', 0, '');
insert into environments (project, name, spec) values
  ('default', 'development', '{"tier": "development", "targets": [{"type": "process"}], "validationLevel": "basic", "monitoringLevel": "minimal", "limits": {"memoryMb": 512, "cpuCores": 0.5, "storageGb": 5}, "protection": {"requiredApprovals": 0, "fourEyes": false, "freezeWindows": [], "requireSuccessIn": null, "allowedStrategies": null, "regions": null}}'),
  ('default', 'staging', '{"tier": "staging", "targets": [{"type": "process"}], "validationLevel": "standard", "monitoringLevel": "standard", "limits": {"memoryMb": 1024, "cpuCores": 1, "storageGb": 20}, "protection": {"requiredApprovals": 0, "fourEyes": false, "freezeWindows": [], "requireSuccessIn": null, "allowedStrategies": null, "regions": null}}'),
  ('default', 'production', '{"tier": "production", "targets": [{"type": "process"}], "validationLevel": "strict", "monitoringLevel": "comprehensive", "limits": {"memoryMb": 2048, "cpuCores": 2, "storageGb": 100}, "protection": {"requiredApprovals": 0, "fourEyes": true, "freezeWindows": [], "requireSuccessIn": null, "allowedStrategies": null, "regions": null}}');
