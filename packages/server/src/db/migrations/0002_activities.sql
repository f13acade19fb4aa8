-- Work of a rollout that takes longer than a reconcile may: checks, gates, tests. At most one of a kind for each rollout.
create table activities (
  rollout_id  text not null references rollouts (id) on delete cascade,
  kind        text not null check (kind in ('checks', 'gates', 'tests')),
  -- Which of the rollout's demands for it this is (Rollout.attempts): what an earlier one found is no answer.
  demand      integer not null,
  -- Grows with every begin: what an earlier one still reports is refused.
  attempt     integer not null default 0,
  -- Begins in a row that came to no end, because the server or the work itself died.
  unfinished  integer not null default 0,
  status      text not null check (status in ('running', 'succeeded', 'failed')),
  -- What was found, so far while it runs.
  result      jsonb,
  started_at  timestamptz not null,
  finished_at timestamptz,
  primary key (rollout_id, kind)
);
