-- Nothing is sent after an unsubscribe, an erasure or a suppression was written down.
with intents as (
  select d.key, d."at", d.written_at, c.customer_id, c.channel, c.purpose,
    coalesce(d.address_hash, c.address_hash) as address_hash
  from deliveries as d join decisions as c on c.key = d.key
  where d.state = 'claimed'
    and exists (select 1 from deliveries as s where s.key = d.key and s.attempt = d.attempt
      and s.state in ('sent', 'delivered', 'in_doubt'))
)
select i.key, i."at", 'suppressed' as why
from intents as i
join suppressions as s on s.value_hash = i.address_hash and s.channel in (i.channel, 'any')
where s."at" <= i."at" and (s.ingested_at is null or s.ingested_at <= i.written_at)
  and (s.until is null or s.until > i."at")
union all
select i.key, i."at", 'erased'
from intents as i
join audit_log as a on a.action = 'erase' and a.subject = i.customer_id
where a."at" <= i."at"
union all
select i.key, i."at", 'unsubscribed'
from intents as i
join consents as w on w.customer_id = i.customer_id and w.purpose = i.purpose
  and w.channel in (i.channel, 'any') and w.status = 'withdrawn' and w."at" <= i."at"
  and (w.ingested_at is null or w.ingested_at <= i.written_at)
where not exists (select 1 from consents as g where g.customer_id = i.customer_id
  and g.purpose = i.purpose and g.channel in (i.channel, 'any') and g.status = 'granted'
  and g."at" > w."at" and g."at" <= i."at")
