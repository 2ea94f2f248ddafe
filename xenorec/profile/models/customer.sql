-- What the customer told us, and how to reach them.
-- grain: one row per customer known at as_of
-- column first_name VARCHAR Given name
-- column last_name VARCHAR Family name
-- column locale VARCHAR Language and region
-- column time_zone VARCHAR Zone of the customer, else of the latest store
-- column country VARCHAR Country
-- column created_at TIMESTAMPTZ When the account began
-- column birth_month INTEGER Birth month
-- column birth_day INTEGER Birth day
-- column gender VARCHAR As stated
-- column is_minor BOOLEAN Under age
-- column home_store_id VARCHAR The store the customer named
-- column email VARCHAR E-mail address
-- column phone VARCHAR Phone
-- column card VARCHAR Loyalty card
-- column has_email BOOLEAN There is an e-mail address
-- column has_phone BOOLEAN There is a phone
with addresses as (
  select customer_id, kind, value,
    row_number() over (partition by customer_id, kind
      order by coalesce(last_seen_at, first_seen_at, came_at) desc, came_at desc, value) as place
  from identifiers where not is_blocked
),
reach as (
  select customer_id,
    max(case when kind = 'email' then value end) as email,
    max(case when kind = 'phone' then value end) as phone,
    max(case when kind = 'card' then value end) as card
  from addresses where place = 1 group by customer_id
),
latest_zone as (
  select customer_id, max(store_zone) as store_zone from (
    select customer_id, store_zone,
      row_number() over (partition by customer_id order by ordered_at desc, order_id) as place
    from orders where store_zone is not null
  ) as placed
  where place = 1 group by customer_id
)
select c.customer_id, c.first_name, c.last_name, c.locale,
  coalesce(c.time_zone, z.store_zone) as time_zone,
  c.country, c.created_at, c.birth_month, c.birth_day, c.gender, c.is_minor, c.home_store_id,
  r.email, r.phone, r.card, r.email is not null as has_email, r.phone is not null as has_phone
from customers as c
left join reach as r on r.customer_id = c.customer_id
left join latest_zone as z on z.customer_id = c.customer_id
