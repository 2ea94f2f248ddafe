-- Nothing is sent before it was planned or after its last moment.
select d.key, d."at", c.planned_at, c.not_after
from deliveries as d join decisions as c on c.key = d.key
where d.state = 'claimed' and (d."at" < c.planned_at or d."at" > c.not_after)
