-- Rules in CEL that candidates must meet.
create table policies (
  project    text not null references projects (name),
  name       text not null,
  spec       jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (project, name)
);
