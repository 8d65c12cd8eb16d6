// The first schema. A run is a row with a number of its own (`no`), and everything that hangs on it carries that number:
// (space, run) stands once, in `runs`, because the 36 letters of a run id in every index entry of the journal cost a
// quarter of the speed and half of the disk traffic. The view `records` puts both together again for people and tools.
export const initial = `
create table spaces (
  id integer primary key,
  pruned_before integer
) strict;

create table lanes (
  id text not null primary key,
  epoch integer not null,
  flushes integer not null,
  open integer not null
) strict, without rowid;

create table runs (
  no integer primary key,
  space integer not null,
  run text not null,
  workflow text not null,
  version text not null,
  input text not null,
  created_at integer not null,
  deadline integer,
  key text,
  gen integer not null,
  status text not null,
  output text,
  error text,
  finished_at integer,
  wake_at integer,
  lane text,
  epoch integer,
  inbox_count integer not null,
  unread integer not null,
  crashes integer not null
) strict;
create unique index runs_run on runs (run, space);
create index runs_created on runs (space, created_at);
create index runs_workflow on runs (space, workflow, created_at);
create index runs_live on runs (space, created_at) where finished_at is null;
create index runs_failed on runs (space, created_at) where status in ('failed', 'cancelled');
create index runs_due on runs (coalesce(wake_at, 0), no) where lane is null and status in ('running', 'waiting');
create index runs_mail on runs (coalesce(wake_at, 0), no) where lane is null and finished_at is null and unread > 0;

create table journal (
  id integer primary key,
  run_no integer not null,
  gen integer not null,
  path text not null,
  seq integer not null,
  kind text not null,
  status text not null,
  level text not null,
  template text,
  template_version text,
  input_hash text,
  input text,
  output text,
  error text,
  attempt integer not null,
  started_at integer not null,
  finished_at integer not null,
  reads text,
  checksum integer not null
) strict;
create unique index journal_path on journal (run_no, gen, path);

create table marks (
  id integer primary key,
  run_no integer not null,
  gen integer not null,
  path text not null,
  kind text not null,
  attempt integer not null,
  at integer not null,
  due integer,
  error text
) strict;
create unique index marks_path on marks (run_no, gen, path, kind, attempt);

create table inbox (
  id integer primary key,
  run_no integer not null,
  number integer not null,
  mail text not null,
  kind text not null,
  body text,
  sent_at integer not null,
  consumed_at integer
) strict;
create unique index inbox_number on inbox (run_no, number);
create unique index inbox_mail on inbox (run_no, mail);

create table generations (
  id integer primary key,
  run_no integer not null,
  gen integer not null,
  base_seq integer not null,
  at integer not null,
  by_whom text not null,
  reason text not null
) strict;
create unique index generations_gen on generations (run_no, gen);

create table keys (
  id integer primary key,
  space integer not null,
  key text not null,
  run text not null,
  hash text not null,
  created_at integer not null,
  expires_at integer not null
) strict;
create unique index keys_key on keys (space, key);
create index keys_expiry on keys (space, expires_at);

create table definitions (
  hash text not null primary key,
  workflow text not null,
  body text not null,
  at integer not null
) strict, without rowid;

create view records as
select runs.space, runs.run, journal.gen, journal.path, journal.seq, journal.kind, journal.status, journal.level, journal.template,
  journal.template_version, journal.input_hash, journal.input, journal.output, journal.error, journal.attempt, journal.started_at,
  journal.finished_at, journal.reads, journal.checksum
from journal join runs on runs.no = journal.run_no;
`
