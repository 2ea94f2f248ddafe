-- Never two accepted deliveries of one message.
select key, count(distinct attempt) as n
from deliveries
where state in ('sent', 'delivered', 'in_doubt')
group by key
having count(distinct attempt) > 1
