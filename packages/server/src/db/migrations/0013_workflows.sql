-- Declared pipelines of stages. A change is a new version; those that were stay as they are.
create table workflows (
  project    text not null references projects (name),
  name       text not null,
  version    integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (project, name)
);

create table workflow_versions (
  project    text not null,
  name       text not null,
  version    integer not null,
  digest     text not null,
  spec       jsonb not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  primary key (project, name, version),
  foreign key (project, name) references workflows (project, name) on delete cascade
);

-- Runs of workflows and of jobs. A run keeps what it runs: a workflow may go, or change, while it does.
create table workflow_runs (
  id          text primary key,
  kind        text not null check (kind in ('workflow', 'job')),
  project     text not null references projects (name),
  name        text not null,
  environment text,
  spec        jsonb not null,
  -- Values of secret inputs; shown to nobody.
  secrets     jsonb not null default '{}',
  -- On whose behalf.
  principal   jsonb not null,
  -- What of it is no workflow's: a job's artifact and version.
  about       jsonb not null default '{}',
  state       jsonb not null,
  status      text not null,
  active      boolean not null,
  -- The server whose folder holds its logs and artifacts; null until one has taken it.
  node        text,
  row_version bigint not null default 0,
  created_at  timestamptz not null,
  updated_at  timestamptz not null,
  finished_at timestamptz
);
create index workflow_runs_of_project on workflow_runs (project, kind, id desc);
create index workflow_runs_active on workflow_runs (id) where active;

-- What was begun for a stage of a run, and what came of it.
create table workflow_attempts (
  run_id      text not null references workflow_runs (id) on delete cascade,
  task        text not null,
  attempt     integer not null,
  node        text not null,
  status      text not null check (status in ('running', 'succeeded', 'failed', 'lost')),
  result      jsonb not null default '{}',
  started_at  timestamptz not null,
  finished_at timestamptz,
  primary key (run_id, task, attempt)
);

-- Servers that run stages, and when each was last seen alive.
create table workflow_nodes (
  id      text primary key,
  url     text not null,
  seen_at timestamptz not null
);

create index events_of_run on events ((data ->> 'run'), xact, seq) where data ? 'run';
