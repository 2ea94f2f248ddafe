-- Never over a cap, across campaigns.
with sent as (
  select d.key, c.customer_id, d."at", d.seq, c.cap_n, c.cap_days
  from deliveries as d join decisions as c on c.key = d.key
  where d.state = 'claimed'
    and exists (select 1 from deliveries as s where s.key = d.key and s.attempt = d.attempt
      and s.state in ('sent', 'delivered', 'in_doubt'))
)
select s.key, count(*) as n
from sent as s
join sent as before on before.customer_id = s.customer_id and before.seq <= s.seq
  and before."at" > s."at" - to_microseconds(cast(s.cap_days * 86400000000 as BIGINT))
where s.cap_n is not null
group by s.key, s.cap_n
having count(*) > s.cap_n
