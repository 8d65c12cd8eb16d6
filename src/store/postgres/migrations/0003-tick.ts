// What a lane's heartbeat runs. wumbo_free frees what a lane owns; wumbo_tick renews a lease, takes lapsed lanes over, and tells
// what the lane would like to know: all that an idle worker ever asks.
//
// A lane takes others over only after it has held its own lease without a gap for one lease time, and not before the server has been up as
// long: after an outage that all of them had, those that live renew first. A lane that is being flushed through is passed over, since its
// owner is about to renew it. Raising the epoch waits for nobody and makes every later flush of the old owner fail.
const freeFunction = `
create function wumbo_free_v1(p_lane text, p_crashes bigint) returns bigint language plpgsql set search_path from current set jit = off as $body$
declare
  v_freed bigint;
begin
  -- In the order of their numbers, as every flush locks runs.
  perform 1 from runs l where l.lane = p_lane order by l.no for update;
  update runs l set lane = null, epoch = null, wake_at = null, crashes = l.crashes + p_crashes where l.lane = p_lane;
  get diagnostics v_freed = row_count;
  return v_freed;
end
$body$;
`

/** The tick. Without another lane nothing lapses: greatest() would pass over what is missing. */
export const tickFunction = `
create or replace function wumbo_tick_v1(p_lane text, p_holder text, p_lease_ms bigint, p_kinds bigint[], p_unserved_ms bigint)
returns table (now_ms bigint, draining boolean, last_kind bigint, freed bigint, due_in_ms bigint, lapse_in_ms bigint, mail text, unserved bigint[])
language plpgsql
set search_path from current
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $body$
declare
  v_lease constant interval := p_lease_ms * interval '1 millisecond';
  v_held_since timestamptz;
  v_may_sweep timestamptz;
  v_lane text;
begin
  update lanes l set lease_until = clock_timestamp() + v_lease, held_since = case when l.lease_until < clock_timestamp() then clock_timestamp() else l.held_since end,
    kinds = p_kinds
  where l.id = p_lane and l.holder = p_holder and l.is_open
  returning l.draining, l.held_since into draining, v_held_since;
  if not found then
    raise exception 'the lane % is held by another, or by nobody', p_lane using errcode = 'WU001';
  end if;

  freed := 0;
  v_may_sweep := greatest(v_held_since, pg_postmaster_start_time()) + v_lease;
  if v_may_sweep <= clock_timestamp() then
    for v_lane in select l.id from lanes l where l.is_open and l.lease_until < clock_timestamp() order by l.id for update skip locked loop
      update lanes l set epoch = l.epoch + 1, is_open = false where l.id = v_lane;
      freed := freed + wumbo_free_v1(v_lane, 1);
    end loop;
  end if;

  now_ms := floor(extract(epoch from clock_timestamp()) * 1000);
  last_kind := coalesce((select k.id from run_kinds k order by k.id desc limit 1), 0);
  lapse_in_ms := (select ceil(extract(epoch from greatest(min(l.lease_until), v_may_sweep) - clock_timestamp()) * 1000) from lanes l where l.is_open and l.id <> p_lane having count(*) > 0);
  due_in_ms := (
    select min(n.wake) from unnest(p_kinds) as k(id), lateral (
      (select 0 as wake from runs l where l.kind = k.id and l.lane is null and l.unread > 0 limit 1)
      union all
      (select coalesce(l.wake_at, 0) from runs l where l.kind = k.id and l.lane is null and l.status in ('running', 'waiting') order by coalesce(l.wake_at, 0), l.no limit 1)
    ) n
  ) - now_ms;
  mail := (
    select json_agg(json_build_array(m.space, m.run, m.inbox_count)) from (
      select l.space, l.run, l.inbox_count from runs l where l.lane = p_lane and l.unread > 0 order by l.no limit 1000
    ) m
  );
  unserved := array(
    select k.id from run_kinds k, lateral (
      select coalesce(l.wake_at, s.created_at) as since from runs l join run_starts s on s.no = l.no
      where l.kind = k.id and l.lane is null and l.status in ('running', 'waiting') and coalesce(l.wake_at, 0) <= now_ms - p_unserved_ms
      order by coalesce(l.wake_at, 0), l.no limit 1
    ) o
    where k.id <> all(p_kinds) and o.since <= now_ms - p_unserved_ms
      and not exists (select 1 from lanes l where l.is_open and l.lease_until >= clock_timestamp() and k.id = any(l.kinds))
  );
  return next;
end
$body$;
`

export const tick = freeFunction + tickFunction
