-- Reading prompts: what applications report of a version's answers, what is counted of it, and what the guards of prompts know.

-- Reports as they came, for people who read them and so that none counts twice.
create table feedback (
  id text primary key,
  deployment_id text not null references deployments (id) on delete cascade,
  revision integer not null,
  -- The reporter's own name for it.
  report text,
  scores jsonb,
  error boolean,
  latency_ms double precision,
  cost double precision,
  comment text,
  reported_by text not null,
  received_at timestamptz not null default now()
);
create unique index feedback_report on feedback (deployment_id, report) where report is not null;
create index feedback_newest on feedback (deployment_id, id desc);
create index feedback_age on feedback (received_at);

-- Cumulative. A bin ≥ 0 holds answers of a latency, by the bins of the log histogram; those below are in resolve/counts.ts.
create table resolver_counts (
  deployment_id text not null references deployments (id) on delete cascade,
  revision integer not null,
  bin smallint not null,
  count bigint not null,
  primary key (deployment_id, revision, bin)
);

-- What the guard of a rollout of a prompt knows. Written by whoever holds its claim, fenced by `seq`, read by every server.
create table resolver_guards (
  deployment_id text not null references deployments (id) on delete cascade,
  hypothesis text not null,
  seq bigint not null,
  state jsonb not null,
  report jsonb not null,
  counts jsonb,
  updated_at timestamptz not null default now(),
  primary key (deployment_id, hypothesis)
);

-- Every server keeps what it resolves by in memory, and hears here that it is out of date.
create function tell_resolvers() returns trigger language plpgsql as $$
begin
  perform pg_notify('sluice_resolver', coalesce(new.deployment_id, old.deployment_id));
  return null;
end $$;

create trigger routes_tell_resolvers_of_change after insert or update on routes
  for each row when (new.host = '@resolver') execute function tell_resolvers();
create trigger routes_tell_resolvers_of_end after delete on routes
  for each row when (old.host = '@resolver') execute function tell_resolvers();
create trigger resolver_guards_tell_resolvers after insert or update on resolver_guards
  for each row execute function tell_resolvers();

create function tell_resolvers_of_stop() returns trigger language plpgsql as $$
begin
  perform pg_notify('sluice_resolver', new.id);
  return null;
end $$;

create trigger deployments_tell_resolvers after update of stopped on deployments
  for each row when (new.stopped is distinct from old.stopped) execute function tell_resolvers_of_stop();

-- Prompts that were deployed before there was anything to read them.
insert into routes (deployment_id, host, path, conditions, settings, desired, epoch)
select d.id, '@resolver', path, '{"cookies":{},"headers":{}}',
  jsonb_build_object(
    'host', '@resolver', 'path', path, 'stripPrefix', true,
    'stickiness', jsonb_build_object('by', 'header', 'name', 'targeting-key'),
    'timeouts', jsonb_build_object('connectMs', 1000, 'responseMs', 30000, 'idleMs', 60000)),
  jsonb_build_object(
    'split', case when d.stable_revision is null or d.deleting then null
             else jsonb_build_array(jsonb_build_object('revision', d.stable_revision, 'weight', 10000)) end,
    'mirror', null, 'pins', '[]'::jsonb, 'guard', null),
  d.fence
from deployments d
join artifacts a on a.id = d.artifact_id and a.kind = 'prompt'
cross join lateral (select '/v1/resolve/' || d.project || '/' || d.environment || '/' || d.name as path) as address
on conflict do nothing;
