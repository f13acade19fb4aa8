-- Where alerts go. What may be read back is in spec; addresses with tokens in them, passwords and signing keys are sealed,
-- for the sender alone to open.
create table notification_channels (
  id              text primary key,
  project         text not null references projects (name),
  name            text not null,
  type            text not null check (type in ('webhook', 'slack', 'email')),
  enabled         boolean not null,
  spec            jsonb not null,
  sealed          text not null,
  -- Why it was switched off by itself; null while nobody but people did.
  disabled_reason text,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  unique (project, name)
);

-- What a channel knows of one alert of one deployment from one source: rollouts, or a threshold by its text.
create table notification_incidents (
  channel_id    text not null references notification_channels (id) on delete cascade,
  alert         text not null,
  -- '' for what concerns no deployment. No reference: a deployment that is gone has an end to tell.
  deployment_id text not null,
  source        text not null,
  open          boolean not null,
  state         jsonb not null,
  updated_at    timestamptz not null,
  primary key (channel_id, alert, deployment_id, source)
);
create index notification_incidents_age on notification_incidents (updated_at) where not open;

-- Services around deployments: asked before anything starts, told of what serves.
create table integrations (
  id         text primary key,
  project    text not null references projects (name),
  name       text not null,
  spec       jsonb not null,
  sealed     text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (project, name)
);

-- What each service was told that serves, as it was told.
create table integration_registrations (
  integration_id text not null references integrations (id) on delete cascade,
  deployment_id  text not null,
  registration   jsonb not null,
  registered_at  timestamptz not null,
  primary key (integration_id, deployment_id)
);

-- Messages on their way, one receiver each. Written with the place in the events up to which they were made, so that every
-- event is heeded once; sent at least once, in the order of seq for each receiver.
create table outbox (
  id          text primary key,
  seq         bigint generated always as identity unique,
  project     text not null,
  -- A channel or an integration.
  receiver    text not null,
  message     jsonb not null,
  status      text not null check (status in ('pending', 'delivered', 'dead', 'held_back')),
  attempts    integer not null default 0,
  due_at      timestamptz not null,
  -- Of the last attempt, or why there was none.
  reason      text,
  created_at  timestamptz not null default now(),
  finished_at timestamptz
);
create index outbox_pending on outbox (receiver, seq) where status = 'pending';
create index outbox_receiver on outbox (receiver, id);
create index outbox_age on outbox (finished_at);

-- How far the events have been heeded. Its one row is locked by whoever reads on.
create table outbox_position (
  "only"   boolean primary key default true check ("only"),
  position text not null
);
insert into outbox_position (position) values ('0-0');

-- Thresholds that a live deployment is beyond at this moment.
create table threshold_breaches (
  deployment_id text not null references deployments (id) on delete cascade,
  alert         text not null,
  threshold     text not null,
  for_seconds   double precision not null,
  since         timestamptz not null,
  primary key (deployment_id, alert, threshold, for_seconds)
);
