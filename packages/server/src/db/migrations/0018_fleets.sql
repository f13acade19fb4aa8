-- A deployment at several targets: the one that people see, and a member for each target, which does the work there.

alter table deployments
  -- What the members are made of: {"route": …}. Null for all that run at one target.
  add column fleet     jsonb,
  -- Of a member: the deployment that it is part of. Its name is `<that one's>@<target>`, which nobody can ask for.
  add column parent_id text references deployments (id),
  -- Of a member: its target, with its name, as the environment had it last.
  add column target    jsonb,
  -- Of a member: {"kind": "unreachable" or "failing", "reason": …} while its target, or what serves there, is in trouble.
  add column trouble   jsonb,
  add constraint deployments_member check ((parent_id is null) = (target is null));
create index deployments_parent on deployments (parent_id) where parent_id is not null;

-- Of a member's rollout: the rollout of the whole that it is part of.
alter table rollouts add column part_of text references rollouts (id) on delete cascade;
create index rollouts_part_of on rollouts (part_of) where part_of is not null;
