-- Never two accepted deliveries of one message.
select key, count(*) as n
from deliveries
where state in ('sent', 'in_doubt')
group by key
having count(*) > 1
