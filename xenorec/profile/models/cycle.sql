-- The customer's own buying cycle, from the gaps between days with an order.
-- grain: one row per customer with an order at as_of
-- after rfm
-- column n_order_days INTEGER Days with an order
-- column gap_days_mean DOUBLE Mean days between two days with an order
-- column gap_days_median DOUBLE Median of the same
-- column usual_gap_days DOUBLE The same mean, drawn towards the shop's by two gaps of it (the median customer's mean): the shop's own for who came once; null where nobody came twice
-- column gap_regularity DOUBLE From near 0 (erratic) to 1 (clockwork): 1 / (1 + coefficient of variation), from 3 gaps on
with days as (
  select distinct customer_id, ordered_on from orders
),
gaps as (
  select customer_id,
    ordered_on - lag(ordered_on) over (partition by customer_id order by ordered_on) as gap
  from days
),
own as (
  select customer_id,
    count(*) as n_order_days,
    count(gap) as n_gaps,
    coalesce(sum(gap), 0) as gap_days,
    avg(gap) as gap_days_mean,
    percentile_cont(0.5) within group (order by gap) as gap_days_median,
    case when count(gap) >= 3 and avg(gap) > 0
      then 1 / (1 + stddev_samp(gap) / avg(gap)) end as gap_regularity
  from gaps
  group by customer_id
),
shop as (
  select percentile_cont(0.5) within group (order by gap_days_mean) as gap_days from own
)
select own.customer_id, own.n_order_days, own.gap_days_mean, own.gap_days_median,
  (own.gap_days + 2 * shop.gap_days) / (own.n_gaps + 2) as usual_gap_days,
  own.gap_regularity
from own cross join shop
