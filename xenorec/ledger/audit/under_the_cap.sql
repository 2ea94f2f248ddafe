-- Never over a cap, across campaigns, accounts of a person, and customers with one address.
-- uses persons
, counted as (
  select s.key, s.cap_n, b.key as other_key
  from intents as s
  join intents as b on b.seq <= s.seq
    and b."at" > s."at" - to_microseconds(cast(s.cap_days * 86400000000 as BIGINT))
  where s.cap_n is not null and (b.address_hash = s.address_hash
    or exists (select 1 from own_accounts as o where o.key = s.key and o.attempt = s.attempt
      and o.account_id = b.customer_id))
)
select key, count(distinct other_key) as n from counted group by key, cap_n
having count(distinct other_key) > cap_n
