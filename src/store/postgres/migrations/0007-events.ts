// Events by topic, and which runs listen to which. `key` of a listener is '' where it takes every key.
//
// Publishing, beginning to listen and ceasing to lock the topic first, until their transaction ends: within a topic the numbers rise in the order of
// commits, and of a publisher and a run that begins to listen at once one sees what the other has done. Runs are locked after topics, by number.

/** For "run_no + 0" see 0008-mailed.ts. */
export const mailEventFunction = `
-- Appends an event to the inbox of each of the runs, which must be locked; how many got it, and whether any of them has no owner, or has one.
create or replace function wumbo_mail_event_v1(p_runs bigint[], p_mail text, p_body text, p_at bigint) returns table (sent bigint, owned bigint)
language plpgsql set jit = off set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
#variable_conflict use_column
declare
  v_sent bigint[];
begin
  with mailed as (
    insert into inbox (run_no, number, mail, kind, body, sent_at)
    select l.no, l.inbox_count + 1, p_mail, 'event', p_body, p_at from runs l
    where l.no = any(p_runs) and (select i.mail from inbox i where i.run_no + 0 = l.no and i.mail = p_mail) is null
    returning run_no
  )
  select array_agg(m.run_no) into v_sent from mailed m;
  return query
  with counted as (
    update runs l set inbox_count = l.inbox_count + 1, unread = l.unread + 1, wake_at = case when l.lane is null then p_at else l.wake_at end
    where l.no = any(v_sent) returning l.lane
  )
  select count(*), count(c.lane) from counted c;
end
$body$;
`

export const events = `
create sequence event_numbers;
create table events (
  no bigint primary key default nextval('event_numbers'),
  space bigint not null,
  topic text collate "C" not null,
  id text collate "C" not null,
  key text collate "C",
  body text not null,
  at bigint not null
);
create unique index events_id on events (space, topic, id);
create index events_topic on events (space, topic, no);
create index events_at on events (space, at);

create table listeners (
  space bigint not null,
  topic text collate "C" not null,
  key text collate "C" not null,
  run_no bigint not null,
  after bigint not null,
  open bigint not null,
  primary key (space, topic, key, run_no)
);
create index listeners_run on listeners (run_no);

create function wumbo_lock_topic_v1(p_space bigint, p_topic text) returns void language sql as $body$
  select pg_advisory_xact_lock(hashtextextended('wumbo topic ' || p_space || ' ' || p_topic, 0));
$body$;

${mailEventFunction}
create function wumbo_publish_v1(p_space bigint, p_topic text, p_id text, p_key text, p_body text, p_at bigint, p_mail text) returns table (is_new boolean, runs bigint, owned bigint)
language plpgsql set jit = off set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
#variable_conflict use_column
declare
  -- No run that has started is ahead of this time.
  v_at constant bigint := greatest(p_at, ceil(extract(epoch from clock_timestamp()) * 1000)::bigint);
  v_listening bigint[];
  v_alive bigint[];
begin
  perform wumbo_lock_topic_v1(p_space, p_topic);
  insert into events (space, topic, id, key, body, at) values (p_space, p_topic, p_id, p_key, p_body, v_at) on conflict do nothing;
  if not found then
    return query select false, 0::bigint, 0::bigint;
    return;
  end if;
  select array_agg(distinct t.run_no) into v_listening from listeners t where t.space = p_space and t.topic = p_topic and t.key in ('', coalesce(p_key, '')) and t.open = 1;
  if v_listening is null then
    return query select true, 0::bigint, 0::bigint;
    return;
  end if;
  perform 1 from runs l where l.no = any(v_listening) order by l.no for update;
  select array_agg(l.no) into v_alive from runs l where l.no = any(v_listening);
  -- What has ended, or is gone, listens no more.
  delete from listeners t where t.space = p_space and t.topic = p_topic and t.key in ('', coalesce(p_key, '')) and t.open = 1 and t.run_no <> all(coalesce(v_alive, '{}'));
  return query select true, m.sent, m.owned from wumbo_mail_event_v1(coalesce(v_alive, '{}'), p_mail, p_body, v_at) m;
end
$body$;

create function wumbo_listen_v1(p_lane text, p_epoch bigint, p_space bigint, p_run text, p_topic text, p_key text, p_since bigint, p_limit bigint) returns table (mails bigint, is_whole boolean)
language plpgsql set jit = off set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $body$
#variable_conflict use_column
declare
  v_no bigint;
  v_after bigint; -- null: it has never listened
  v_open bigint;
  v_nos bigint[];
  v_at bigint;
  v_whole boolean;
  v_sent bigint := 0;
begin
  perform wumbo_lock_topic_v1(p_space, p_topic);
  select l.no into v_no from run_starts s join runs l on l.no = s.no where s.run = p_run and s.space = p_space and l.lane = p_lane and l.epoch = p_epoch for update of l;
  if not found then
    raise exception 'the run % is not owned by this lane', p_run using errcode = 'WU002';
  end if;
  select t.after, t.open into v_after, v_open from listeners t where t.space = p_space and t.topic = p_topic and t.key = coalesce(p_key, '') and t.run_no = v_no;
  if v_open = 1 then
    return query select 0::bigint, true;
    return;
  end if;
  v_nos := array(
    select e.no from events e where e.space = p_space and e.topic = p_topic and e.no > coalesce(v_after, 0) and (v_after is not null or e.at >= p_since) and (p_key is null or e.key = p_key)
    order by e.no limit p_limit + 1
  );
  v_whole := cardinality(v_nos) <= p_limit;
  v_nos := v_nos[1:p_limit];
  foreach v_at in array v_nos loop
    v_sent := v_sent + (select m.sent from events e, wumbo_mail_event_v1(array[v_no], 'event:' || e.topic || ' ' || e.id, e.body, e.at) m where e.no = v_at);
  end loop;
  insert into listeners (space, topic, key, run_no, after, open)
  values (p_space, p_topic, coalesce(p_key, ''), v_no,
    case when v_whole then coalesce((select e.no from events e where e.space = p_space and e.topic = p_topic order by e.no desc limit 1), 0) else v_nos[cardinality(v_nos)] end,
    case when v_whole then 1 else 0 end)
  on conflict (space, topic, key, run_no) do update set after = excluded.after, open = excluded.open;
  return query select v_sent, v_whole;
end
$body$;
`
