-- How far the customer buys on discount.
-- grain: one row per customer with an order at as_of
-- after cycle
-- column discount_share DOUBLE Discounts as a share of the price before discounts, 0 to 1
-- column discounted_line_share DOUBLE Share of lines that had a discount, 0 to 1
-- column n_coupons_redeemed INTEGER Coupons redeemed
with redeemed as (
  select customer_id, count(*) as n from events where name = 'coupon_redeemed' group by customer_id
),
bought as (
  select customer_id,
    sum(cast(coalesce(discount_amount, 0) as DOUBLE)) as discounts,
    sum(cast(net_amount + coalesce(discount_amount, 0) as DOUBLE)) as gross,
    avg(case when discount_amount > 0 then 1.0 else 0.0 end) as discounted_line_share
  from lines group by customer_id
)
select b.customer_id,
  case when b.gross > 0 then b.discounts / b.gross end as discount_share,
  b.discounted_line_share,
  coalesce(r.n, 0) as n_coupons_redeemed
from bought as b left join redeemed as r on r.customer_id = b.customer_id
