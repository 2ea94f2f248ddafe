-- Never sent without a consent that was valid at the instant of intent, as far as it was known then.
with claims as (
  select d.key, c.customer_id, c.channel, c.purpose, d."at", d.written_at
  from deliveries as d join decisions as c on c.key = d.key
  where d.state = 'claimed'
    and exists (select 1 from deliveries as s where s.key = d.key and s.attempt = d.attempt
      and s.state in ('sent', 'delivered', 'in_doubt'))
),
said as (
  select k.key, k."at", s.status, s.expires_at,
    row_number() over (partition by k.key, k."at"
      order by s."at" desc, case s.status when 'withdrawn' then 0 else 1 end) as place
  from claims as k
  left join consents as s on s.customer_id = k.customer_id and s.purpose = k.purpose
    and s.channel in (k.channel, 'any') and s."at" <= k."at"
    and (s.status = 'granted' or s.ingested_at is null or s.ingested_at <= k.written_at)
)
select key, "at" from said
where place = 1 and (status is null or status <> 'granted' or expires_at <= "at")
