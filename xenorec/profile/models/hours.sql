-- When in the week the customer buys, in local time; hour 0 is Monday 00:00 to 01:00.
-- grain: one row per customer with an order at as_of
-- after cycle
-- column favourite_hour_of_week INTEGER Hour of the week with the most orders, 0 to 167
-- column hours_of_week INTEGER[] Hours of the week with an order, ascending
-- column hour_of_week_counts INTEGER[] Orders in each of them
with counted as (
  select customer_id,
    (isodow(local_at) - 1) * 24 + hour(local_at) as hour_of_week,
    count(*) as n
  from orders
  group by customer_id, (isodow(local_at) - 1) * 24 + hour(local_at)
),
ranked as (
  select *, row_number() over (partition by customer_id order by n desc, hour_of_week) as place
  from counted
)
select customer_id,
  max(case when place = 1 then hour_of_week end) as favourite_hour_of_week,
  list(hour_of_week order by hour_of_week) as hours_of_week,
  list(n order by hour_of_week) as hour_of_week_counts
from ranked
group by customer_id
