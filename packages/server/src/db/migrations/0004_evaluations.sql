-- Quality figures of versions on datasets. Immutable: a better figure is another evaluation, and of several on one dataset
-- the one that finished last counts.
create table evaluations (
  id           text primary key,
  project      text not null references projects (name),
  version_id   text not null references versions (id),
  dataset      text not null,
  metrics      jsonb not null,
  sample_count bigint not null,
  source       text not null,
  details      jsonb not null default '{}',
  started_at   timestamptz,
  finished_at  timestamptz not null,
  recorded_at  timestamptz not null default now(),
  recorded_by  text not null
);
create index evaluations_newest on evaluations (version_id, dataset, finished_at desc, id desc);
create index evaluations_project on evaluations (project, id);

-- Every name under which a project has recorded a metric: a gate may ask for it.
create table evaluation_metrics (
  project text not null references projects (name),
  name    text not null,
  primary key (project, name)
);
