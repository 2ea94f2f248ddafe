-- Never two messages of one campaign and step to one address, nor to one person under two accounts.
-- uses persons
select a.key, b.key as other_key
from intents as a
join intents as b on b.campaign_id = a.campaign_id and b.step = a.step and b.seq < a.seq
  and b.key <> a.key
where b.address_hash = a.address_hash
  or exists (select 1 from own_accounts as o where o.key = a.key and o.attempt = a.attempt
    and o.account_id = b.customer_id)
