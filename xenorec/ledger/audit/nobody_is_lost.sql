-- Audience = decisions = sent + failed + suppressed + in doubt + still waiting.
with latest as (
  select key, state from (
    select key, state, row_number() over (partition by key order by attempt desc, seq desc) as place
    from deliveries
  ) where place = 1
),
counted as (
  select c.campaign_id, c.step, c.plan_hash, count(*) as n_decisions, count(l.state) as n_states
  from decisions as c left join latest as l on l.key = c.key
  group by c.campaign_id, c.step, c.plan_hash
),
firsts as (
  select campaign_id, step, min(created_at) as first_at from campaign_runs
  group by campaign_id, step
)
select r.campaign_id, r.plan_hash, r.n_audience, k.n_decisions, k.n_states
from campaign_runs as r
join firsts as f on f.campaign_id = r.campaign_id and f.step = r.step
left join counted as k on k.campaign_id = r.campaign_id and k.step = r.step
  and k.plan_hash = r.plan_hash
where r.n_audience <> r.n_decisions
  or (r.created_at = f.first_at and r.n_audience > 0
    and (k.n_decisions is null or k.n_decisions <> r.n_audience))
  or coalesce(k.n_states, 0) <> coalesce(k.n_decisions, 0)
