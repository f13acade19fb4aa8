-- Models as their own interface numbers them: each row gives a number to what is there already, or is about to be.
create table models (
  id          bigint generated always as identity primary key,
  project     text not null references projects (name),
  artifact_id text not null unique references artifacts (id),
  description text not null default '',
  created_at  timestamptz not null default now(),
  created_by  text not null
);
create index models_project on models (project, id);

create table model_versions (
  id         bigint generated always as identity primary key,
  model_id   bigint not null references models (id),
  version    text not null,
  status     text not null check (status in ('PENDING', 'READY', 'FAILED')),
  -- Why it is FAILED; null otherwise.
  reason     text,
  -- Files that were uploaded, see ModelFile of packages/core.
  files      jsonb not null default '[]',
  -- The immutable version that it has become; null until it is READY.
  version_id text unique references versions (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  created_by text not null,
  unique (model_id, version),
  check ((status = 'READY') = (version_id is not null))
);

create table model_deployments (
  id            bigint generated always as identity primary key,
  deployment_id text not null unique references deployments (id) on delete cascade,
  version_id    bigint not null references model_versions (id),
  service_name  text not null,
  -- Whether its first rollout has been seen to complete; until then a failure takes the record away.
  settled       boolean not null default false,
  -- The caller's Idempotency-Key, and what it was used for.
  actor         text not null,
  request_key   text,
  request_hash  text,
  created_at    timestamptz not null default now(),
  unique (actor, request_key)
);
create index model_deployments_version on model_deployments (version_id);
create index model_deployments_unsettled on model_deployments (id) where not settled;

-- Predictions for every line of a file. A part is kept in the storage before it is counted here.
create table model_batches (
  id            bigint generated always as identity primary key,
  project       text not null references projects (name),
  environment   text not null,
  deployment_id bigint not null,
  spec          jsonb not null,
  status        text not null check (status in ('queued', 'running', 'completed', 'failed', 'cancelled')),
  -- Parts of the output that are kept, the lines in them, and how many of these hold an error.
  parts         integer not null default 0,
  lines         bigint not null default 0,
  failed_lines  bigint not null default 0,
  reason        text,
  created_at    timestamptz not null default now(),
  created_by    text not null,
  started_at    timestamptz,
  finished_at   timestamptz
);
create index model_batches_project on model_batches (project, id);
create index model_batches_active on model_batches (id) where status in ('queued', 'running');
