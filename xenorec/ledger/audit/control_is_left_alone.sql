-- Nothing is sent to a customer who was held out.
select d.key
from deliveries as d
join decisions as c on c.key = d.key
join assignments as a on a.campaign_id = c.campaign_id and a.customer_id = c.customer_id
where d.state in ('claimed', 'sent', 'delivered', 'in_doubt') and a.arm = 'control'
