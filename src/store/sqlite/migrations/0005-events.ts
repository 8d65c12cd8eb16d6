// Events by topic, and which runs listen to which. `key` of a listener is '' where it takes every key. Numbers are never given again, so that
// `after` keeps its meaning when events are pruned.
export const events = `
create table events (
  no integer primary key autoincrement,
  space integer not null,
  topic text not null,
  id text not null,
  key text,
  body text not null,
  at integer not null
) strict;
create unique index events_id on events (space, topic, id);
create index events_topic on events (space, topic, no);
create index events_at on events (space, at);

create table listeners (
  space integer not null,
  topic text not null,
  key text not null,
  run_no integer not null,
  after integer not null,
  open integer not null,
  primary key (space, topic, key, run_no)
) strict, without rowid;
create index listeners_run on listeners (run_no);
`
