-- No result without the intent that was written before the call.
select d.key, d.attempt, d.state
from deliveries as d
where d.state in ('sent', 'failed', 'in_doubt')
  and not exists (select 1 from deliveries as i where i.key = d.key and i.attempt = d.attempt
    and i.state = 'claimed' and i.seq < d.seq)
