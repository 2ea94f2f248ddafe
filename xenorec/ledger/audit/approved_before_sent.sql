-- Nothing is sent of a plan that nobody approved.
select d.key
from deliveries as d
join decisions as c on c.key = d.key
left join campaign_runs as r on r.campaign_id = c.campaign_id and r.step = c.step
  and r.plan_hash = c.plan_hash
where d.state in ('claimed', 'sent', 'delivered', 'in_doubt') and r.approved_at is null
