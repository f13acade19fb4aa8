-- What ended lately in a project is counted whenever somebody looks at its overview.
create index rollouts_finished on rollouts (project, finished_at) where finished_at is not null;
