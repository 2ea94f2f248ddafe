-- Every outcome is of the closed list and has its decision, of the same campaign and customer.
select o.outcome_id
from outcomes as o left join decisions as d on d.key = o.key
where d.key is null or d.campaign_id is distinct from o.campaign_id
  or d.customer_id is distinct from o.customer_id
  or o.kind not in ('queued', 'sent', 'delivered', 'deferred', 'bounced', 'rejected', 'opened',
    'clicked', 'complained', 'unsubscribed', 'visited', 'ordered', 'redeemed', 'unknown')
union all
select o.outcome_id
from outcomes as o
where not exists (select 1 from deliveries as s
  where s.key = o.key and s.state = 'claimed' and s."at" <= o."at")
