-- What the checks of persons share: messages that went out, all accounts of whom they went to, and what was said.
intents as (
  select d.key, d.attempt, d.seq, d."at", d.written_at, c.campaign_id, c.step, c.customer_id,
    c.channel, c.purpose, coalesce(d.address_hash, c.address_hash) as address_hash, c.cap_n,
    c.cap_days
  from deliveries as d join decisions as c on c.key = d.key
  where d.state = 'claimed'
    and exists (select 1 from deliveries as s where s.key = d.key and s.attempt = d.attempt
      and s.state in ('sent', 'delivered', 'in_doubt'))
),
persons as (
  select i.key, i.attempt, i.written_at, i.customer_id,
    coalesce(max(l.person_id), i.customer_id) as person_id
  from intents as i
  left join account_links as l on l.customer_id = i.customer_id
    and l.since <= i.written_at and (l.until is null or l.until > i.written_at)
  group by i.key, i.attempt, i.written_at, i.customer_id
),
own_accounts as (
  select key, attempt, customer_id as account_id from persons
  union select key, attempt, person_id from persons
  union select p.key, p.attempt, l.customer_id
  from persons as p join account_links as l on l.person_id = p.person_id
    and l.since <= p.written_at and (l.until is null or l.until > p.written_at)
),
holders as (
  select distinct i.key, i.attempt, a.customer_id as account_id, a.until
  from intents as i join account_addresses as a on a.value_hash = i.address_hash
    and a.since <= i.written_at
  where a.customer_id not in (
    select o.account_id from own_accounts as o where o.key = i.key and o.attempt = i.attempt)
),
statements as (
  select customer_id, channel, purpose, status, expires_at, ingested_at, "at",
    coalesce(ingested_at, "at") as known_at,
    "at" > coalesce(ingested_at, "at") or "at" < timestamptz '2000-01-01 00:00:00+00'
      as is_misdated,
    case when status = 'granted' then least("at", coalesce(ingested_at, "at"))
      when "at" > coalesce(ingested_at, "at") or "at" < timestamptz '2000-01-01 00:00:00+00'
      then coalesce(ingested_at, "at") else "at" end as since
  from consents
),
grants as (
  select i.key, i.attempt, s.since, s.expires_at, s.known_at, s.is_misdated,
    row_number() over (partition by i.key, i.attempt
      order by s.since desc, s.expires_at nulls last) as place
  from intents as i
  join own_accounts as o on o.key = i.key and o.attempt = i.attempt
  join statements as s on s.customer_id = o.account_id and s.status = 'granted'
    and s.purpose = i.purpose and s.channel in (i.channel, 'any') and s.since <= i."at"
),
withdrawals as (
  select w.key, w.attempt, w.is_own, s.since, s.known_at
  from (
    select key, attempt, account_id, true as is_own, cast(null as TIMESTAMPTZ) as until
    from own_accounts
    union all select key, attempt, account_id, false, until from holders
  ) as w
  join intents as i on i.key = w.key and i.attempt = w.attempt
  join statements as s on s.customer_id = w.account_id and s.status = 'withdrawn'
    and s.purpose = i.purpose and s.channel in (i.channel, 'any')
    and (s."at" <= i."at" or s.known_at <= i."at" or s."at" > s.known_at)
    and (s.ingested_at is null or s.ingested_at <= i.written_at)
    and (w.until is null or w.until >= s.known_at)
),
beaten as (
  select w.key, w.attempt, w.is_own
  from withdrawals as w
  left join grants as g on g.key = w.key and g.attempt = w.attempt and g.place = 1
  where g.key is null or w.since >= g.since or (g.is_misdated and w.known_at >= g.known_at)
)
