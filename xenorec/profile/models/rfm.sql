-- Recency, frequency and money, with scores from 1 (worst fifth) to 5 and a named cell.
-- grain: one row per customer with an order at as_of
-- after customer
-- column days_since_order INTEGER Whole days (24 hours) since the latest order
-- column n_orders INTEGER Orders so far
-- column lifetime_total_net_amount DECIMAL(18,4) What the shop received so far and has not paid back, in the main currency
-- column avg_order_value_amount DECIMAL(18,4) The same, per order
-- column currency VARCHAR The customer's main currency
-- column first_order_at TIMESTAMPTZ First order
-- column most_recent_order_at TIMESTAMPTZ Latest order
-- column r_score INTEGER Recency, 5 is the most recent fifth
-- column f_score INTEGER Frequency, 5 is the most frequent fifth
-- column m_score INTEGER Money, 5 is the fifth that spent the most
-- column rfm_cell VARCHAR Named cell: champions, loyal, potential, new, needs_attention, at_risk, cannot_lose, hibernating, lost
with main_currency as (
  select customer_id, currency from (
    select customer_id, currency,
      row_number() over (partition by customer_id order by count(*) desc, currency) as place
    from orders group by customer_id, currency
  ) as counted
  where place = 1
),
paid_back as (
  select customer_id, currency, sum(net_amount) as net_amount
  from returns group by customer_id, currency
),
base as (
  select o.customer_id, m.currency,
    count(*) as n_orders,
    coalesce(sum(o.net_amount) filter (where o.currency = m.currency), 0)
      + coalesce(any_value(r.net_amount), 0) as lifetime_total_net_amount,
    count(o.net_amount) filter (where o.currency = m.currency) as n_paid,
    min(o.ordered_at) as first_order_at,
    max(o.ordered_at) as most_recent_order_at
  from orders as o join main_currency as m on m.customer_id = o.customer_id
  left join paid_back as r on r.customer_id = o.customer_id and r.currency = m.currency
  group by o.customer_id, m.currency
),
scored as (
  select b.*,
    floor((epoch(moment.as_of) - epoch(b.most_recent_order_at)) / 86400) as days_since_order,
    ntile(5) over (order by b.most_recent_order_at, b.customer_id) as r_score,
    ntile(5) over (order by b.n_orders, b.most_recent_order_at, b.customer_id) as f_score,
    ntile(5) over (order by b.lifetime_total_net_amount, b.most_recent_order_at, b.customer_id)
      as m_score
  from base as b cross join moment
)
select customer_id, days_since_order, n_orders, lifetime_total_net_amount,
  lifetime_total_net_amount / nullif(n_paid, 0) as avg_order_value_amount, currency, first_order_at,
  most_recent_order_at, r_score, f_score, m_score,
  case
    when r_score >= 4 and f_score >= 4 then 'champions'
    when r_score = 3 and f_score >= 4 then 'loyal'
    when r_score >= 4 and f_score >= 2 then 'potential'
    when r_score >= 4 then 'new'
    when r_score = 3 then 'needs_attention'
    when r_score = 1 and f_score = 5 then 'cannot_lose'
    when f_score >= 3 then 'at_risk'
    when r_score = 2 then 'hibernating'
    else 'lost'
  end as rfm_cell
from scored
