-- What the customer spends on: categories by share of spend.
-- grain: one row per customer with a line in a category at as_of
-- after cycle
-- column n_categories INTEGER Categories bought from
-- column top_category VARCHAR Category with the largest share of spend
-- column top_category_share DOUBLE Its share of spend, 0 to 1
-- column top_categories VARCHAR[] Up to eight categories, the largest share first
-- column top_category_shares DOUBLE[] Their shares of spend
with spend as (
  select customer_id, category, sum(net_amount) as amount
  from lines
  where category is not null and is_promotable and net_amount > 0
  group by customer_id, category
),
ranked as (
  select customer_id, category,
    cast(amount as DOUBLE) / cast(sum(amount) over (partition by customer_id) as DOUBLE) as share,
    row_number() over (partition by customer_id order by amount desc, category) as place
  from spend
)
select customer_id,
  count(*) as n_categories,
  max(case when place = 1 then category end) as top_category,
  max(case when place = 1 then share end) as top_category_share,
  list(category order by place) filter (where place <= 8) as top_categories,
  list(share order by place) filter (where place <= 8) as top_category_shares
from ranked
group by customer_id
