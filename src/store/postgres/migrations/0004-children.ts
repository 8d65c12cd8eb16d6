// The function of a flush, version 2: starts that may have been made before, and ends that somebody is told of. Else it is version 1, whose
// comments hold here too. A released version is never changed: older workers call it; the next one gets a new name.
//
// What an end tells is sent after all ends are made, by those that were: p_tell_finish is the position among the ends.

/** Appends to inboxes what is sent, and counts it. For "run_no + 0" see 0008-mailed.ts. */
const mailed = (sent: string): string => `with mailed as (
      insert into inbox (run_no, number, mail, kind, body, sent_at)
      select n.no, n.inbox_count + row_number() over (partition by n.no order by n.at), n.mail, n.kind, n.body, n.sent
      from (
        select distinct on (l.no, k.mail collate "C") l.no, l.inbox_count, k.mail, k.kind, k.body, k.sent, k.at
        from ${sent}
        join runs l on l.no = v_nos[k.r]
        where (select i.mail from inbox i where i.run_no + 0 = l.no and i.mail = k.mail) is null
        order by l.no, k.mail collate "C", k.at
      ) n
      returning run_no, number, sent_at
    )
    update runs l set inbox_count = l.inbox_count + c.sent, unread = l.unread + c.sent, wake_at = case when l.lane is null then c.last_sent_at else l.wake_at end
    from (select m.run_no, count(*) as sent, (array_agg(m.sent_at order by m.number desc))[1] as last_sent_at from mailed m group by m.run_no) c
    where l.no = c.run_no;`

export const children = `
create or replace function wumbo_flush_v2(
  p_lane text, p_epoch bigint, p_claim_limit bigint, p_claim_now bigint, p_claim_kinds bigint[],
  p_new_space bigint[],
  p_start_no bigint[], p_start_free bigint[], p_start_once bigint[], p_start_space bigint[], p_start_run text[], p_start_workflow text[], p_start_version text[], p_start_queue text[], p_start_kind bigint[], p_start_input text[],
  p_start_created bigint[], p_start_deadline bigint[], p_start_key text[],
  p_key_start bigint[], p_key_space bigint[], p_key_key text[], p_key_run text[], p_key_hash text[], p_key_created bigint[], p_key_expires bigint[],
  p_run_no bigint[], p_run_space bigint[], p_run_run text[],
  p_owned bigint[], p_locked bigint[],
  p_record_run bigint[], p_record_gen bigint[], p_record_path text[], p_record_seq bigint[], p_record_kind text[], p_record_status text[],
  p_record_level text[], p_record_template text[], p_record_template_version text[], p_record_input_hash text[], p_record_input text[],
  p_record_output text[], p_record_error text[], p_record_attempt bigint[], p_record_started bigint[], p_record_finished bigint[],
  p_record_reads text[], p_record_checksum bigint[],
  p_mark_run bigint[], p_mark_gen bigint[], p_mark_path text[], p_mark_kind text[], p_mark_attempt bigint[], p_mark_at bigint[],
  p_mark_due bigint[], p_mark_error text[],
  p_wake_run bigint[], p_wake_at bigint[],
  p_send_run bigint[], p_send_mail text[], p_send_kind text[], p_send_body text[], p_send_at bigint[],
  p_consume_run bigint[], p_consume_number bigint[], p_consume_at bigint[],
  p_release_run bigint[], p_release_status text[], p_release_wake bigint[], p_release_error text[], p_release_seen bigint[],
  p_finish_run bigint[], p_finish_status text[], p_finish_output text[], p_finish_error text[], p_finish_at bigint[], p_finish_seen bigint[],
  p_tell_finish bigint[], p_tell_run bigint[], p_tell_mail text[], p_tell_kind text[], p_tell_body text[], p_tell_at bigint[]
) returns table (answer text, item bigint, text_a text, text_b text, no bigint, workflow text, version text, queue text, input text, created_at bigint, deadline bigint, key text)
language plpgsql
set jit = off
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $body$
#variable_conflict use_column
declare
  v_starts constant bigint := cardinality(p_start_run);
  v_new bigint[]; -- numbers of the runs to insert, 0 for those whose key is taken
  v_nos bigint[];
  v_owned boolean[];
  v_found_nos bigint[];
  v_found_owned boolean[];
  v_at bigint;
  v_run text;
  v_hash text;
  v_count bigint;
  v_picked bigint[];
  v_ended bigint[]; -- positions of the ends that were made, where any has something to tell
begin
  perform 1 from lanes l where l.id = p_lane and l.epoch = p_epoch for key share;
  if not found then
    raise exception 'the lane % has another epoch than %', p_lane, p_epoch using errcode = 'WU001';
  end if;

  -- Numbers of the runs by position, 0 for none, and whether this lane owns them. Nobody else can give or take that while the lane holds.
  -- The lane knows the numbers of the runs that it owns, and of no others: that its epoch holds proves that nobody has taken them. Others are
  -- looked up by their names.
  v_new := p_start_no;
  v_nos := v_new;
  v_owned := array(select k.free = 0 from unnest(p_start_free) as k(free));
  if cardinality(p_run_no) > 0 then
    if array_position(p_run_no, null) is null then
      v_found_nos := p_run_no;
      v_found_owned := array_fill(true, array[cardinality(p_run_no)]);
    else
      select array_agg(f.no order by f.at), array_agg(f.owned order by f.at) into v_found_nos, v_found_owned
      from (
        select k.at, coalesce(k.no, s.no, 0) as no, coalesce(l.lane = p_lane and l.epoch = p_epoch, false) as owned
        from unnest(p_run_no, p_run_space, p_run_run) with ordinality as k(no, space, run, at)
        left join run_starts s on s.run = k.run and s.space = k.space
        left join runs l on l.no = coalesce(k.no, s.no)
      ) f;
    end if;
    v_nos := v_nos || v_found_nos;
    v_owned := v_owned || v_found_owned;
  end if;
  if cardinality(p_locked) > 0 then
    perform 1 from runs l where l.no = any(array(select v_nos[k.r] from unnest(p_locked) as k(r))) order by l.no for update;
  end if;

  if cardinality(p_key_start) > 0 then
    insert into keys (space, key, run, run_no, hash, created_at, expires_at)
    select k.space, k.key, k.run, v_new[k.r], k.hash, k.created, k.expires
    from unnest(p_key_start, p_key_space, p_key_key, p_key_run, p_key_hash, p_key_created, p_key_expires) as k(r, space, key, run, hash, created, expires)
    order by k.space, k.key collate "C"
    on conflict (space, key) do update
    set run = excluded.run, run_no = excluded.run_no, hash = excluded.hash, created_at = excluded.created_at, expires_at = excluded.expires_at
    where keys.expires_at <= excluded.created_at;
    for v_at, v_run, v_hash in
      select k.r, t.run, t.hash from unnest(p_key_start, p_key_space, p_key_key) as k(r, space, key)
      join keys t on t.space = k.space and t.key = k.key where t.run_no <> v_new[k.r]
    loop
      return query select 'exists', v_at, v_run, v_hash, null::bigint, null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::text;
      -- What else is said of the run means the one that is there already, if there is one.
      v_new[v_at] := 0;
      v_nos[v_at] := coalesce((select s.no from run_starts s where s.run = p_start_run[v_at] and s.space = p_start_space[v_at]), 0);
      perform 1 from runs l where l.no = v_nos[v_at] for update;
      v_owned[v_at] := exists (select 1 from runs l where l.no = v_nos[v_at] and l.lane = p_lane and l.epoch = p_epoch);
    end loop;
  end if;
  for v_at in select k.at from unnest(p_start_once) with ordinality as k(once, at) join run_starts s on s.run = p_start_run[k.at] and s.space = p_start_space[k.at] where k.once = 1 and v_new[k.at] > 0
  loop
    return query select 'exists', v_at, p_start_run[v_at], '', null::bigint, null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::text;
    v_new[v_at] := 0;
    v_nos[v_at] := coalesce((select s.no from run_starts s where s.run = p_start_run[v_at] and s.space = p_start_space[v_at]), 0);
    v_owned[v_at] := exists (select 1 from runs l where l.no = v_nos[v_at] and l.lane = p_lane and l.epoch = p_epoch);
  end loop;
  if cardinality(p_new_space) > 0 then
    insert into spaces (id) select k.id from unnest(p_new_space) as k(id) order by k.id on conflict do nothing;
  end if;
  if v_starts > 0 then
    insert into run_starts (no, space, run, workflow, version, queue, input, created_at, deadline, key)
    select v_new[k.at], k.space, k.run, k.workflow, k.version, k.queue, k.input, k.created, k.deadline, k.key
    from (
      select unnest(p_start_space) as space, unnest(p_start_run) as run, unnest(p_start_workflow) as workflow, unnest(p_start_version) as version,
        unnest(p_start_queue) as queue, unnest(p_start_input) as input, unnest(p_start_created) as created, unnest(p_start_deadline) as deadline,
        unnest(p_start_key) as key, generate_series(1, v_starts)::bigint as at
    ) k
    where v_new[k.at] > 0 order by k.run collate "C", k.space;
    insert into runs (no, space, run, created_at, kind, gen, status, lane, epoch, inbox_count, unread, crashes, fresh)
    select v_new[k.at], k.space, k.run, k.created, k.kind, 1, case k.free when 0 then 'running' else 'waiting' end,
      case k.free when 0 then p_lane end, case k.free when 0 then p_epoch end, 0, 0, 0, k.free <> 0
    from (
      select unnest(p_start_space) as space, unnest(p_start_run) as run, unnest(p_start_created) as created, unnest(p_start_kind) as kind,
        unnest(p_start_free) as free, generate_series(1, v_starts)::bigint as at
    ) k
    where v_new[k.at] > 0;
  end if;

  select k.r into v_at from unnest(p_owned) as k(r) where not v_owned[k.r] limit 1;
  if found then
    raise exception 'the run % is not owned by this lane: %', coalesce((p_start_run || p_run_run)[v_at], (select s.run from run_starts s where s.no = v_nos[v_at])),
      coalesce('it is ' || (select r.status from run_rows r where r.no = v_nos[v_at]), 'there is no such run') using errcode = 'WU002';
  end if;

  if cardinality(p_record_run) > 0 then
    insert into journal (run_no, gen, path, seq, kind, status, level, template, template_version, input_hash, input, output, error, attempt,
      started_at, finished_at, reads, checksum)
    select v_nos[k.r], k.gen, k.path, k.seq, k.kind, k.status, k.level, k.template, k.template_version, k.input_hash, k.input, k.output, k.error, k.attempt,
      k.started, k.finished, k.reads, k.checksum
    from (
      -- In the list, not behind from: there each array would be kept twice.
      select unnest(p_record_run) as r, unnest(p_record_gen) as gen, unnest(p_record_path) as path, unnest(p_record_seq) as seq, unnest(p_record_kind) as kind,
        unnest(p_record_status) as status, unnest(p_record_level) as level, unnest(p_record_template) as template,
        unnest(p_record_template_version) as template_version, unnest(p_record_input_hash) as input_hash, unnest(p_record_input) as input,
        unnest(p_record_output) as output, unnest(p_record_error) as error, unnest(p_record_attempt) as attempt, unnest(p_record_started) as started,
        unnest(p_record_finished) as finished, unnest(p_record_reads) as reads, unnest(p_record_checksum) as checksum
    ) k;
  end if;
  if cardinality(p_mark_run) > 0 then
    insert into marks (run_no, gen, path, kind, attempt, at, due, error)
    select v_nos[k.r], k.gen, k.path, k.kind, k.attempt, k.made, k.due, k.error
    from unnest(p_mark_run, p_mark_gen, p_mark_path, p_mark_kind, p_mark_attempt, p_mark_at, p_mark_due, p_mark_error)
      with ordinality as k(r, gen, path, kind, attempt, made, due, error, at)
    order by k.at;
  end if;
  if cardinality(p_wake_run) > 0 then
    update runs l set wake_at = k.wake_at from unnest(p_wake_run, p_wake_at) as k(r, wake_at) where l.no = v_nos[k.r];
  end if;

  if cardinality(p_send_run) > 0 then
    return query
    select case when v_nos[k.r] = 0 then 'missing' when l.no is null then 'finished' when l.lane is null then 'sent' else 'sent owned' end, k.at, null::text, null::text, null::bigint, null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::text
    from unnest(p_send_run) with ordinality as k(r, at) left join runs l on l.no = v_nos[k.r];
    ${mailed('unnest(p_send_run, p_send_mail, p_send_kind, p_send_body, p_send_at) with ordinality as k(r, mail, kind, body, sent, at)')}
  end if;
  if cardinality(p_consume_run) > 0 then
    with read as (
      update inbox i set consumed_at = k.at from unnest(p_consume_run, p_consume_number, p_consume_at) as k(r, number, at)
      where i.run_no = v_nos[k.r] and i.number = k.number and i.consumed_at is null returning i.run_no
    )
    update runs l set unread = l.unread - c.read from (select run_no, count(*) as read from read group by run_no) c where l.no = c.run_no;
  end if;

  if cardinality(p_release_run) > 0 then
    return query
    select case when l.no is null then 'release lost' else 'release mail' end, k.at, null::text, null::text, null::bigint, null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::text
    from unnest(p_release_run, p_release_seen) with ordinality as k(r, seen, at)
    left join runs l on l.no = v_nos[k.r] and l.lane = p_lane and l.epoch = p_epoch
    where l.no is null or l.inbox_count <> k.seen;
    update runs l set lane = null, epoch = null, crashes = 0, status = k.status, wake_at = k.wake_at, error = k.error
    from unnest(p_release_run, p_release_status, p_release_wake, p_release_error, p_release_seen) as k(r, status, wake_at, error, seen)
    where l.no = v_nos[k.r] and l.lane = p_lane and l.epoch = p_epoch and l.inbox_count = k.seen;
  end if;
  if cardinality(p_finish_run) > 0 then
    if cardinality(p_tell_run) > 0 then
      v_ended := array(
        select k.at from unnest(p_finish_run, p_finish_seen) with ordinality as k(r, seen, at)
        join runs l on l.no = v_nos[k.r] where l.lane = p_lane and l.epoch = p_epoch and l.inbox_count = k.seen
      );
    end if;
    insert into run_ends (no, space, created_at, gen, status, output, error, finished_at, inbox_count, unread, crashes)
    select l.no, l.space, l.created_at, l.gen, k.status, k.output, k.error, k.at, l.inbox_count, l.unread, l.crashes
    from unnest(p_finish_run, p_finish_status, p_finish_output, p_finish_error, p_finish_at, p_finish_seen) as k(r, status, output, error, at, seen)
    join runs l on l.no = v_nos[k.r]
    where l.lane = p_lane and l.epoch = p_epoch and l.inbox_count = k.seen;
    get diagnostics v_count = row_count;
    if v_count < cardinality(p_finish_run) then
      return query
      select case when l.no is null then 'finish lost' else 'finish mail' end, k.at, null::text, null::text, null::bigint, null::text, null::text, null::text, null::text, null::bigint, null::bigint, null::text
      from unnest(p_finish_run, p_finish_seen) with ordinality as k(r, seen, at)
      left join runs l on l.no = v_nos[k.r] and l.lane = p_lane and l.epoch = p_epoch
      where l.no is null or l.inbox_count <> k.seen;
    end if;
    delete from runs l using unnest(p_finish_run, p_finish_seen) as k(r, seen)
    where l.no = v_nos[k.r] and l.lane = p_lane and l.epoch = p_epoch and l.inbox_count = k.seen;
  end if;

  if cardinality(v_ended) > 0 then
    ${mailed('unnest(p_tell_finish, p_tell_run, p_tell_mail, p_tell_kind, p_tell_body, p_tell_at) with ordinality as k(ended, r, mail, kind, body, sent, at) join unnest(v_ended) as e(at) on e.at = k.ended')}
  end if;

  if p_claim_limit is not null then
    -- Rows that another lane is looking at are its to take. Each kind is asked for by itself: runs of others are not even looked at.
    with kinds as (
      select k.id from unnest(coalesce(p_claim_kinds, array(select k.id from run_kinds k))) as k(id)
    ), due as (
      select c.no, c.at from kinds k, lateral (
        select l.no, coalesce(l.wake_at, 0) as at from runs l
        where l.kind = k.id and l.lane is null and l.status in ('running', 'waiting') and coalesce(l.wake_at, 0) <= p_claim_now
        order by coalesce(l.wake_at, 0), l.no limit p_claim_limit for update skip locked
      ) c
    ), mailed as (
      select c.no, c.at from kinds k, lateral (
        select l.no, coalesce(l.wake_at, 0) as at from runs l where l.kind = k.id and l.lane is null and l.unread > 0
        order by coalesce(l.wake_at, 0), l.no limit p_claim_limit for update skip locked
      ) c
    ), picked as (
      select c.no, c.at from (select * from due union select * from mailed) c order by c.at, c.no limit p_claim_limit
    )
    select array_agg(c.no order by c.at, c.no) into v_picked from picked c;
    return query
    select 'claimed', l.space, l.run, null::text, l.no, s.workflow, s.version, s.queue, s.input, s.created_at, s.deadline, s.key
    from unnest(v_picked) with ordinality as k(no, at) join runs l on l.no = k.no
      left join run_starts s on s.no = k.no and l.fresh and l.inbox_count = 0
    order by k.at;
    update runs l set status = 'running', lane = p_lane, epoch = p_epoch, wake_at = null, error = null, fresh = false where l.no = any(v_picked);
  end if;
end
$body$;
`
