-- The store the customer goes to most, of late.
-- grain: one row per customer with an order in a store at as_of
-- after cycle
-- column usual_store_id VARCHAR Store with the most orders, each weighing half as much every 180 days
-- column usual_store_share DOUBLE Its share of the weighted orders, 0 to 1
-- column n_stores INTEGER Stores visited
with weighted as (
  select o.customer_id, o.store_id,
    round(sum(power(0.5, (epoch(moment.as_of) - epoch(o.ordered_at)) / 86400 / 180)), 9) as weight
  from orders as o cross join moment
  where o.store_id is not null
  group by o.customer_id, o.store_id
),
ranked as (
  select customer_id, store_id,
    weight / sum(weight) over (partition by customer_id) as share,
    row_number() over (partition by customer_id order by weight desc, store_id) as place
  from weighted
)
select customer_id,
  max(case when place = 1 then store_id end) as usual_store_id,
  max(case when place = 1 then share end) as usual_store_share,
  count(*) as n_stores
from ranked
group by customer_id
