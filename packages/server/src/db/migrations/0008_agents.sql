-- Agents being taken back: the backup and the seven steps after traffic has been sent back. One for each rollout.
create table agent_rollbacks (
  id            text primary key,
  rollout_id    text not null unique references rollouts (id) on delete cascade,
  deployment_id text not null references deployments (id) on delete cascade,
  project       text not null,
  status        text not null check (status in ('running', 'success', 'failed')),
  -- The whole AgentRollback of packages/core; status is a copy to search by.
  state         jsonb not null,
  row_version   bigint not null default 1,
  created_at    timestamptz not null default now(),
  finished_at   timestamptz
);
create index agent_rollbacks_running on agent_rollbacks (id) where status = 'running';
create index agent_rollbacks_deployment on agent_rollbacks (deployment_id, id);
