-- Several servers of one database. A deployment whose instances, or whose callers' gateway, are of one server's machine belongs to that
-- server; null: any may look after it.
alter table deployments add column server text;

create index deployments_of_server on deployments (server) where server is not null;

-- Servers have been listed here since runs left files with them. One of an older release goes on writing id, url and seen_at.
alter table workflow_nodes
  add column gateway_url text,
  add column host text,
  add column version text,
  add column started_at timestamptz,
  add column stopped_at timestamptz,
  -- Tells keys apart, and nothing else of them.
  add column key_print text,
  -- Since when it is missed by those that told of it.
  add column missed_at timestamptz;
