-- Never sent without a consent of the person, under any account, that was valid at the instant of intent.
-- uses persons
select i.key, i."at"
from intents as i
left join grants as g on g.key = i.key and g.attempt = i.attempt and g.place = 1
where g.key is null or g.expires_at <= i."at"
  or exists (select 1 from beaten as b where b.key = i.key and b.attempt = i.attempt and b.is_own)
