// Stored workflows: one row per name, and its versions by hash. A version holds its own texts; the definitions of runs stay in the
// table `definitions`, so that deleting a workflow takes nothing from a run. Those get a checksum; what is older has none.
export const workflows = `
create table workflows (
  id integer primary key,
  space integer not null,
  name text not null,
  status text not null,
  version text,
  created_at integer not null,
  updated_at integer not null,
  by_whom text not null
) strict;
create unique index workflows_name on workflows (space, name);

create table workflow_versions (
  id integer primary key,
  space integer not null,
  name text not null,
  hash text not null,
  format text not null,
  body text not null,
  source text not null,
  created_at integer not null,
  by_whom text not null,
  checksum text not null
) strict;
create unique index workflow_versions_hash on workflow_versions (space, name, hash);

alter table definitions add column checksum text;
`
