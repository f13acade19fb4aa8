-- How often each revision came to each goal, since ever: an A/B test counts from where it found them. Spread over a few rows,
-- so that reports that come at the same time seldom wait for each other.
create table goal_counts (
  deployment_id text not null references deployments (id) on delete cascade,
  goal          text not null,
  revision      integer not null,
  part          smallint not null,
  count         bigint not null,
  primary key (deployment_id, goal, revision, part)
);

-- Events that were counted, by the key that their reporter gave them; kept for a week.
create table goal_keys (
  deployment_id text not null references deployments (id) on delete cascade,
  goal          text not null,
  key           text not null,
  received_at   timestamptz not null default now(),
  primary key (deployment_id, goal, key)
);
create index goal_keys_age on goal_keys (received_at);

-- What an A/B test knows of its goal; see judge/goal.ts of core.
create table goal_states (
  rollout_id text primary key references rollouts (id) on delete cascade,
  started_at timestamptz not null,
  state      jsonb not null
);
