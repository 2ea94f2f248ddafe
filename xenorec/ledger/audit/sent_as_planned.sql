-- What was sent is what was planned, to the byte.
select d.key
from deliveries as d join decisions as c on c.key = d.key
where d.state = 'sent' and d.body_hash is distinct from c.body_hash
