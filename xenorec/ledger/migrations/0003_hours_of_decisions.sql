-- Version 3: decisions say how likely their hour was chosen, and whether it was drawn by chance.
-- Of those made before, neither is known.
alter table decisions add column send_propensity double precision;
alter table decisions add column is_hour_explored boolean;
