-- Never over a cap, across campaigns.
with sent as (
  select d.key, c.customer_id, d."at", c.cap_n, c.cap_days
  from deliveries as d join decisions as c on c.key = d.key
  where d.state in ('sent', 'in_doubt')
)
select s.key, count(*) as n
from sent as s
join sent as before on before.customer_id = s.customer_id and before."at" <= s."at"
  and before."at" > s."at" - to_seconds(s.cap_days * 86400)
where s.cap_n is not null
group by s.key, s.cap_n
having count(*) > s.cap_n
