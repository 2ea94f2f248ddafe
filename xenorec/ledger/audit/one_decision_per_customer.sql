-- Never two decisions for one campaign, step and customer, but for one that was opened anew.
select campaign_id, step, customer_id, retry, count(*) as n
from decisions
group by campaign_id, step, customer_id, retry
having count(*) > 1
union all
select d.campaign_id, d.step, d.customer_id, d.retry, 1
from decisions as d
where d.retry > 0 and not exists (select 1 from retries as r
  where r.campaign_id = d.campaign_id and r.step = d.step and r.customer_id = d.customer_id
    and r.retry = d.retry)
