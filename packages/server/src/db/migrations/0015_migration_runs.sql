-- What rollouts did to the data of their deployments, and took back: a row for every run that came to an end, for ever.
create table migration_runs (
  seq           bigint generated always as identity primary key,
  deployment_id text not null references deployments (id) on delete cascade,
  rollout_id    text not null,
  name          text not null,
  direction     text not null check (direction in ('up', 'down')),
  -- Which of the rollout's demands it answered.
  demand        integer not null,
  status        text not null check (status in ('succeeded', 'failed')),
  message       text not null default '',
  -- Of a run up: how it is taken back, as its version declared it; null when it is not.
  undo          jsonb,
  execution_ms  integer not null,
  at            timestamptz not null,
  unique (rollout_id, demand, direction, name)
);
create index migration_runs_deployment on migration_runs (deployment_id, seq);

alter table activities drop constraint activities_kind_check;
alter table activities add constraint activities_kind_check check (kind in ('checks', 'gates', 'tests', 'migrations'));
