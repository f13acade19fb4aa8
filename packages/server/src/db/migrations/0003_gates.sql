-- What a version must meet before traffic moves. The artifact and the environment are copies of the specification's, to
-- search by; null means every one. Neither holds its target: a gate of an environment that is gone asks nobody.
create table gates (
  project     text not null references projects (name),
  name        text not null,
  artifact    text,
  environment text,
  spec        jsonb not null,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  primary key (project, name)
);
