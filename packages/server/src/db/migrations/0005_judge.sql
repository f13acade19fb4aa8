-- What the pooled judge of a rollout knows, on disk before anything acts on it. Goes with the rollout, and a while after its end.
create table judge_states (
  rollout_id text primary key references rollouts (id) on delete cascade,
  -- Number of the last batch; a writer that is behind is refused.
  seq        bigint not null,
  snapshot   jsonb not null,
  -- How far each outside metric was read, in the same write as what was made of it: nothing is read twice or passed over.
  readings   jsonb not null,
  report     jsonb not null,
  at         timestamptz not null
);

-- Scores in [0, 1] of live answers, as an application or a grader posts them; kept for a week.
create table scores (
  id            bigint generated always as identity primary key,
  deployment_id text not null references deployments (id) on delete cascade,
  revision      integer not null,
  metric        text not null,
  scores        jsonb not null,
  received_at   timestamptz not null default now()
);
create index scores_arm on scores (deployment_id, revision, metric, id);
create index scores_age on scores (received_at);
