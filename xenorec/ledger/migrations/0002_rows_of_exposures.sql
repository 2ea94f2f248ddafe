-- Version 2: exposures say whom, in which row of the page, and how likely the row stood there.
-- What was shown before is filled in from its decision; rows did not change places then.
alter table exposures add column customer_id text;
alter table exposures add column shelf_rank integer;
alter table exposures add column segment text;
alter table exposures add column shelf_propensity double precision;
update exposures set shelf_propensity = 1.0,
  customer_id = (select d.customer_id from decisions as d where d.key = exposures.key);
update exposures set shelf_rank = (
  select min(row_of.key) + 1
  from decisions as d, json_each(d.shelves) as row_of
  where d.key = exposures.key and json_extract(row_of.value, '$.shelf') = exposures.shelf
);
