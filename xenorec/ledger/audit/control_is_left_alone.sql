-- Nothing is sent to a person who was held out, under any account, nor to the address of one.
-- uses persons
select i.key
from intents as i
join own_accounts as o on o.key = i.key and o.attempt = i.attempt
join assignments as a on a.campaign_id = i.campaign_id and a.customer_id = o.account_id
where a.arm = 'control'
union all
select i.key
from intents as i
join decisions as c on c.campaign_id = i.campaign_id and c.address_hash = i.address_hash
  and c.arm = 'control'
union all
select d.key
from deliveries as d
join decisions as c on c.key = d.key
join assignments as a on a.campaign_id = c.campaign_id and a.customer_id = c.customer_id
where d.state in ('claimed', 'sent', 'delivered', 'in_doubt') and a.arm = 'control'
