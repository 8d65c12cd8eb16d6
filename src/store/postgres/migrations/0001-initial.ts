// The first schema. A run has a number (`no`), and everything that hangs on it carries that number. What is fixed at its start
// stands in `run_starts` and is never touched again; while it lives it has a narrow row in `runs`, which changes often and stays
// small; its end moves to `run_ends`. The view `run_rows` puts the three together. Texts that are compared are so by bytes.
export const initial = `
-- Lanes take numbers in blocks: a value stands for itself and the 999 after it.
create sequence run_numbers increment by 1000;

create table spaces (
  id bigint primary key,
  pruned_before bigint
);

-- A lane is a worker's writing end. It holds its lease until lease_until, and has held it without a gap since held_since. Nothing but id and
-- epoch stands in an index, so that renewing a lease waits for no flush. The worker column is facts for people, in JSON.
create table lanes (
  id text collate "C" not null,
  epoch bigint not null,
  is_open boolean not null,
  opened_at timestamptz not null,
  held_since timestamptz not null,
  lease_until timestamptz not null,
  kinds bigint[] not null default '{}',
  draining boolean not null default false,
  -- Whoever opened the lane: a word that nobody else has.
  holder text not null,
  worker text,
  primary key (id)
);
-- Makes the epoch a part of a key: whoever raises it waits for flushes, which hold the row for key share.
create unique index lanes_epoch on lanes (id, epoch);

-- The number of the last flush that a lane made durable, and its answers, if there were any: how a lane whose connection broke learns whether
-- its flush was kept.
create table lane_flushes (
  lane text collate "C" primary key,
  number bigint not null,
  answers text
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What workers choose runs by. There are as many as there are versions of workflows in queues.
create table run_kinds (
  id bigint generated always as identity primary key,
  queue text collate "C" not null,
  workflow text collate "C" not null,
  version text collate "C" not null
);
create unique index run_kinds_name on run_kinds (queue, workflow, version);

create table run_starts (
  no bigint primary key,
  space bigint not null,
  run text collate "C" not null,
  workflow text collate "C" not null,
  version text not null,
  queue text not null,
  input text not null,
  created_at bigint not null,
  deadline bigint,
  key text
);
create unique index run_starts_run on run_starts (run, space);
create index run_starts_created on run_starts (space, created_at, no);
create index run_starts_workflow on run_starts (space, workflow, created_at, no);

create table runs (
  no bigint primary key,
  space bigint not null,
  run text collate "C" not null,
  created_at bigint not null,
  kind bigint not null,
  gen bigint not null,
  status text not null,
  error text,
  wake_at bigint,
  lane text collate "C",
  epoch bigint,
  inbox_count bigint not null,
  unread bigint not null,
  crashes bigint not null,
  -- Nobody has worked on it yet: whoever claims it needs to read no journal.
  fresh boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
create index runs_due on runs (kind, coalesce(wake_at, 0), no) where lane is null and status in ('running', 'waiting');
create index runs_mail on runs (kind, coalesce(wake_at, 0), no) where lane is null and unread > 0;
create index runs_lane_mail on runs (lane, no) where lane is not null and unread > 0;

create table run_ends (
  no bigint primary key,
  space bigint not null,
  created_at bigint not null,
  gen bigint not null,
  status text not null,
  output text,
  error text,
  finished_at bigint not null,
  inbox_count bigint not null,
  unread bigint not null,
  crashes bigint not null
);
create index run_ends_failed on run_ends (space, created_at, no) where status in ('failed', 'cancelled');

create view run_rows as
select s.no, s.space, s.run, s.workflow, s.version, s.queue, s.input, s.created_at, s.deadline, s.key, coalesce(l.gen, e.gen) as gen,
  coalesce(l.status, e.status) as status, e.output, coalesce(l.error, e.error) as error, e.finished_at, l.wake_at, l.lane, l.epoch,
  coalesce(l.inbox_count, e.inbox_count) as inbox_count, coalesce(l.unread, e.unread) as unread, coalesce(l.crashes, e.crashes) as crashes
from run_starts s left join runs l on l.no = s.no left join run_ends e on e.no = s.no;

create table journal (
  run_no bigint not null,
  gen bigint not null,
  path text collate "C" not null,
  seq bigint not null,
  kind text not null,
  status text not null,
  level text not null,
  template text,
  template_version text,
  input_hash text,
  input text,
  output text,
  error text,
  attempt bigint not null,
  started_at bigint not null,
  finished_at bigint not null,
  reads text,
  checksum bigint not null,
  primary key (run_no, gen, path)
);

create table marks (
  id bigint generated always as identity,
  run_no bigint not null,
  gen bigint not null,
  path text collate "C" not null,
  kind text not null,
  attempt bigint not null,
  at bigint not null,
  due bigint,
  error text,
  primary key (run_no, gen, path, kind, attempt)
);

create table inbox (
  run_no bigint not null,
  number bigint not null,
  mail text collate "C" not null,
  kind text not null,
  body text,
  sent_at bigint not null,
  consumed_at bigint,
  primary key (run_no, number)
);
create unique index inbox_mail on inbox (run_no, mail);

create table generations (
  run_no bigint not null,
  gen bigint not null,
  base_seq bigint not null,
  at bigint not null,
  by_whom text not null,
  reason text not null,
  primary key (run_no, gen)
);

-- run_no is the number that the start which took the key was given: by it that start knows that it won.
create table keys (
  space bigint not null,
  key text collate "C" not null,
  run text not null,
  run_no bigint not null,
  hash text not null,
  created_at bigint not null,
  expires_at bigint not null,
  primary key (space, key)
);
create index keys_expiry on keys (space, expires_at);

create table definitions (
  hash text collate "C" primary key,
  workflow text not null,
  body text not null,
  at bigint not null,
  checksum text not null
);

create table workflows (
  space bigint not null,
  name text collate "C" not null,
  status text not null,
  version text collate "C",
  created_at bigint not null,
  updated_at bigint not null,
  by_whom text not null,
  primary key (space, name)
);

create table workflow_versions (
  id bigint generated always as identity,
  space bigint not null,
  name text collate "C" not null,
  hash text collate "C" not null,
  format text not null,
  body text not null,
  source text not null,
  created_at bigint not null,
  by_whom text not null,
  checksum text not null,
  primary key (space, name, hash)
);

create table blobs (
  key text collate "C" primary key,
  data bytea not null,
  created_at timestamptz not null default clock_timestamp()
);
alter table blobs alter column data set storage external;
`
