-- Values that programs get and nobody else: sealed with a key that is not in the database.
create table secrets (
  project    text not null references projects (name),
  name       text not null,
  created_at timestamptz not null,
  primary key (project, name)
);

-- Every value a secret has had, as long as a revision may need it.
create table secret_versions (
  project    text not null,
  name       text not null,
  version    integer not null,
  sealed     text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, name, version),
  foreign key (project, name) references secrets (project, name) on delete cascade
);

-- Addresses and headers of a gate's webhooks, of which spec holds what may be shown. Null: it has none, or it was written by a
-- release that kept them in spec.
alter table gates add column sealed text;
