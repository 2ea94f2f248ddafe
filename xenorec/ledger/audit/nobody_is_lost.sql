-- Audience = decisions = sent + failed + suppressed + in doubt + still waiting.
with latest as (
  select key, state from (
    select key, state, row_number() over (partition by key order by attempt desc, seq desc) as place
    from deliveries
  ) where place = 1
),
counted as (
  select c.campaign_id, c.step, c.plan_hash, count(*) as n_decisions,
    count(*) filter (where l.state in ('planned', 'held', 'claimed', 'sent', 'delivered', 'failed',
      'suppressed', 'in_doubt')) as n_states
  from decisions as c left join latest as l on l.key = c.key
  group by c.campaign_id, c.step, c.plan_hash
)
select r.campaign_id, r.plan_hash, r.n_audience, k.n_decisions, k.n_states
from campaign_runs as r
left join counted as k on k.campaign_id = r.campaign_id and k.step = r.step
  and k.plan_hash = r.plan_hash
where r.n_audience <> r.n_decisions
  or r.n_decisions <> r.n_new + r.n_existing
  or coalesce(k.n_decisions, 0) <> r.n_new
  or coalesce(k.n_states, 0) <> r.n_new
union all
select k.campaign_id, k.plan_hash, 0, k.n_decisions, k.n_states
from counted as k
where not exists (select 1 from campaign_runs as r where r.campaign_id = k.campaign_id
  and r.step = k.step and r.plan_hash = k.plan_hash)
