-- Never two decisions for one campaign, step and customer.
select campaign_id, step, customer_id, count(*) as n
from decisions
group by campaign_id, step, customer_id
having count(*) > 1
