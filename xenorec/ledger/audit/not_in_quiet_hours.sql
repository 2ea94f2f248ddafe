-- Never sent in the quiet hours of the customer's own zone.
with intents as (
  select d.key, cast(timezone(c.time_zone, d."at") as TIME) as local_time,
    cast(split_part(c.quiet, '-', 1) || ':00' as TIME) as quiet_from,
    cast(split_part(c.quiet, '-', 2) || ':00' as TIME) as quiet_to
  from deliveries as d join decisions as c on c.key = d.key
  where d.state = 'claimed' and c.quiet like '%-%'
    and exists (select 1 from deliveries as s where s.key = d.key and s.attempt = d.attempt
      and s.state in ('sent', 'delivered', 'in_doubt'))
)
select key, local_time from intents
where case when quiet_from <= quiet_to
  then local_time >= quiet_from and local_time < quiet_to
  else local_time >= quiet_from or local_time < quiet_to end
