-- Nothing is sent after an unsubscribe, an erasure or a suppression was written down, under any account or spelling.
-- uses persons
select i.key, i."at", 'suppressed' as why
from intents as i
join suppressions as s on s.value_hash = i.address_hash and s.channel in (i.channel, 'any')
where (s."at" <= i."at" or s.ingested_at <= i."at")
  and (s.ingested_at is null or s.ingested_at <= i.written_at)
  and (s.until is null or s.until > i."at")
union all
select i.key, i."at", 'erased'
from intents as i
join own_accounts as o on o.key = i.key and o.attempt = i.attempt
join audit_log as a on a.action = 'erase' and a.subject = o.account_id
where a."at" <= i."at" and a."at" <= i.written_at
union all
select i.key, i."at", case when b.is_own then 'unsubscribed' else 'unsubscribed by address' end
from intents as i join beaten as b on b.key = i.key and b.attempt = i.attempt
