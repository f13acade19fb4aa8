-- What starts deliveries without a person: events from outside (triggers) and times (schedules). `environment` is a copy
-- of the action's, to limit by; null: of none, or of several.
create table triggers (
  id              text primary key,
  project         text not null references projects (name),
  name            text not null,
  environment     text,
  spec            jsonb not null,
  enabled         boolean not null,
  -- Keys of signatures, sealed; none for what only people fire. The one before counts until `previous_until`.
  sealed          text,
  previous_sealed text,
  previous_until  timestamptz,
  created_at      timestamptz not null default now(),
  created_by      text not null,
  updated_at      timestamptz not null default now(),
  unique (project, name)
);

-- A delivery of an event, and what came of it. Those that started something are kept as long as their trigger: they are what
-- a replay is recognised by.
create table trigger_firings (
  id         text primary key,
  trigger_id text not null references triggers (id) on delete cascade,
  -- The sender's own id of the delivery.
  delivery   text not null,
  -- SHA-256 of the body.
  digest     text not null,
  event      text not null,
  outcome    text not null,
  reason     text not null,
  facts      jsonb not null,
  version    text,
  rollouts   jsonb not null,
  run        text,
  actor      text not null,
  attempts   integer not null default 1,
  at         timestamptz not null,
  unique (trigger_id, delivery)
);
create index trigger_firings_recent on trigger_firings (trigger_id, id desc);
create index trigger_firings_content on trigger_firings (trigger_id, digest);
create index trigger_firings_age on trigger_firings (at);

create table schedules (
  id          text primary key,
  project     text not null references projects (name),
  name        text not null,
  environment text,
  spec        jsonb not null,
  paused      boolean not null,
  -- The first time that nobody has looked at yet; null while paused, and when there is none.
  next_at     timestamptz,
  created_at  timestamptz not null default now(),
  created_by  text not null,
  updated_at  timestamptz not null default now(),
  unique (project, name)
);
create index schedules_due on schedules (next_at) where next_at is not null;

-- What came of one time of a schedule; `tick` is null for a run that somebody asked for.
create table schedule_runs (
  id          text primary key,
  schedule_id text not null references schedules (id) on delete cascade,
  tick        timestamptz,
  outcome     text not null,
  reason      text not null,
  version     text,
  rollouts    jsonb not null,
  run         text,
  actor       text not null,
  started_at  timestamptz not null,
  finished_at timestamptz,
  unique (schedule_id, tick)
);
create index schedule_runs_recent on schedule_runs (schedule_id, id desc);
create index schedule_runs_open on schedule_runs (id) where outcome = 'running';
