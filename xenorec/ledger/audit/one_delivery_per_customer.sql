-- Never two accepted deliveries for one campaign, step and customer, whatever was tried again.
select c.campaign_id, c.step, c.customer_id, count(distinct d.key) as n
from deliveries as d join decisions as c on c.key = d.key
where d.state in ('sent', 'delivered', 'in_doubt')
group by c.campaign_id, c.step, c.customer_id
having count(distinct d.key) > 1
