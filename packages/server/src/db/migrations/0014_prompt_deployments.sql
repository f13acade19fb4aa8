-- What a call of delos.deploy.v1 says beyond what a rollout has.
create table prompt_deliveries (
  rollout_id    text primary key references rollouts (id) on delete cascade,
  skip_approval boolean not null,
  -- Name to text.
  metadata      jsonb not null default '{}'
);

-- Names of gates as people wrote them; a gate's own name is made of it.
create table gate_titles (
  project text not null,
  gate    text not null,
  title   text not null,
  primary key (project, gate),
  foreign key (project, gate) references gates (project, name) on delete cascade
);

-- Figures of the new version while a prompt's rollout goes on.
create table rollout_figures (
  rollout_id     text not null references rollouts (id) on delete cascade,
  at             timestamptz not null,
  -- Of the traffic, that the new version had.
  percentage     double precision not null,
  quality        double precision,
  error_rate     double precision,
  latency_ms     double precision,
  p95_latency_ms double precision,
  requests       bigint not null,
  scores         bigint not null,
  primary key (rollout_id, at)
);
