-- Every decision is in exactly one state of the closed list, with a reason where one is due.
with latest as (
  select key, state, reason from (
    select key, state, reason,
      row_number() over (partition by key order by attempt desc, seq desc) as place
    from deliveries
  ) where place = 1
)
select c.key, l.state, l.reason
from decisions as c left join latest as l on l.key = c.key
where l.state is null
  or l.state not in ('planned', 'held', 'claimed', 'sent', 'delivered', 'failed', 'suppressed',
    'in_doubt')
  or (l.state in ('failed', 'suppressed', 'held') and l.reason is null)
  or (l.reason is not null and l.reason not in ('no_consent', 'suppressed_address',
    'invalid_address', 'quiet_hours', 'capped', 'control', 'no_recommendation', 'template_error',
    'expired', 'duplicate', 'erased', 'provider_refused', 'provider_unreachable'))
