-- Files of models that are on their way. What has arrived is kept in the storage, in parts, until the file is whole.
create table model_uploads (
  id          text primary key,
  version_id  bigint not null references model_versions (id) on delete cascade,
  name        text not null,
  -- Of the whole file.
  bytes       bigint not null,
  -- What it must come to, where the caller has said so.
  sha256      text,
  -- By what the caller knows its file again.
  fingerprint text,
  -- Whether other files follow: until the last of them the version is not READY.
  more        boolean not null default false,
  -- Bytes that have arrived: those of all parts.
  received    bigint not null default 0,
  -- [{ "key": …, "bytes": … }], in order.
  parts       jsonb not null default '[]',
  -- Whether the file belongs to its version.
  finished    boolean not null default false,
  created_at  timestamptz not null default now(),
  updated_at  timestamptz not null default now(),
  created_by  text not null
);
create index model_uploads_version on model_uploads (version_id);
create index model_uploads_updated on model_uploads (updated_at);
