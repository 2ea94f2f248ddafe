-- Nothing is sent after an unsubscribe, an erasure or a suppression was written down.
select d.key, d."at", 'suppressed' as why
from deliveries as d
join decisions as c on c.key = d.key
join suppressions as s on s.value_hash = c.address_hash and s.channel in (c.channel, 'any')
where d.state = 'claimed' and s."at" <= d."at" and (s.until is null or s.until > d."at")
union all
select d.key, d."at", 'erased'
from deliveries as d
join decisions as c on c.key = d.key
join audit_log as a on a.action = 'erase' and a.subject = c.customer_id
where d.state = 'claimed' and a."at" < d."at"
