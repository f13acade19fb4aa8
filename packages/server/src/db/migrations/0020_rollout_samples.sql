-- What a rollout's traffic was like while it went on: for people who look at it, and for nobody who decides.
create table rollout_samples (
  rollout_id text not null references rollouts on delete cascade,
  at timestamptz not null,
  sample jsonb not null,
  primary key (rollout_id, at)
);
