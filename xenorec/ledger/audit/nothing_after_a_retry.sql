-- A decision that was opened anew is not sent: the one that follows it takes its place.
select d.key, d."at", r.retry
from deliveries as d
join decisions as c on c.key = d.key
join retries as r on r.campaign_id = c.campaign_id and r.step = c.step
  and r.customer_id = c.customer_id and r.retry > c.retry
where d.state = 'claimed' and d.written_at > r."at" and d."at" > r."at"
