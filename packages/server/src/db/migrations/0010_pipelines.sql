-- Machines that collectors run on, beside the one that the server is on, which its configuration describes.
create table nodes (
  name       text primary key,
  labels     jsonb not null default '{}',
  created_at timestamptz not null default now(),
  created_by text not null
);

-- What a deployment of a pipeline says beyond any deployment: which nodes, and how many collectors on each. It outlives the
-- deployment for thirty days, with its history; that is why nothing here refers to it.
create table pipeline_deployments (
  deployment_id text primary key,
  project       text not null,
  environment   text not null,
  name          text not null,
  pipeline      text not null,
  target_nodes  jsonb not null,
  selector      text,
  replicas      integer not null,
  created_at    timestamptz not null,
  updated_at    timestamptz not null,
  deleted_at    timestamptz,
  history       jsonb not null default '[]'
);
create unique index pipeline_deployments_name on pipeline_deployments (project, name) where deleted_at is null;
create index pipeline_deployments_deleted on pipeline_deployments (deleted_at) where deleted_at is not null;

-- How rollouts of pipelines ended: what counters show may not shrink when a deployment is deleted.
create table pipeline_outcomes (
  rollout_id text primary key,
  project    text not null,
  outcome    text not null,
  seconds    double precision not null,
  at         timestamptz not null
);
