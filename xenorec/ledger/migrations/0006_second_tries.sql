-- Version 6: a decision that came to nothing can be made again; deliveries say whose fault a try
-- was, what the channel said, and to which address it went; the sources of approved templates; what
-- a job has planned for.
alter table deliveries add column fault text;
alter table deliveries add column detail text;
alter table deliveries add column address_hash text;
create index if not exists ix_deliveries_address on deliveries (address_hash);
drop index if exists ix_decisions_customer_id;
drop index if exists ix_decisions_address;
create table decisions_of_version_6 (
  key text not null primary key, campaign_id text not null, step text not null,
  customer_id text not null, arm text not null, channel text not null, template text not null,
  template_version text not null, shelves text not null, context text not null, creative_id text,
  creative_propensity float, body_hash text, address_hash text, planned_at varchar(32) not null,
  not_after varchar(32) not null, time_zone text not null, quiet text not null, cap_n integer,
  cap_days float, purpose text not null, seed text not null, state text not null, reason text,
  plan_hash text not null, created_at varchar(32) not null, send_propensity float,
  is_hour_explored boolean, why text, retry integer not null default 0,
  constraint uq_decision unique (campaign_id, step, customer_id, retry)
);
insert into decisions_of_version_6 (
  key, campaign_id, step, customer_id, arm, channel, template, template_version, shelves, context,
  creative_id, creative_propensity, body_hash, address_hash, planned_at, not_after, time_zone,
  quiet, cap_n, cap_days, purpose, seed, state, reason, plan_hash, created_at, send_propensity,
  is_hour_explored, why
)
select key, campaign_id, step, customer_id, arm, channel, template, template_version, shelves,
  context, creative_id, creative_propensity, body_hash, address_hash, planned_at, not_after,
  time_zone, quiet, cap_n, cap_days, purpose, seed, state, reason, plan_hash, created_at,
  send_propensity, is_hour_explored, why
from decisions;
drop table decisions;
alter table decisions_of_version_6 rename to decisions;
create index ix_decisions_customer_id on decisions (customer_id);
create index ix_decisions_address on decisions (address_hash, campaign_id, step);
create table if not exists retries (
  campaign_id text not null, step text not null, customer_id text not null,
  retry integer not null, reason text not null, at varchar(32) not null,
  primary key (campaign_id, step, customer_id, retry)
);
create table if not exists template_files (
  template text not null, version text not null, path text not null, content blob not null,
  primary key (template, version, path)
);
create table if not exists planned_inputs (
  campaign_id text not null, step text not null, inputs_hash text not null,
  as_of varchar(32) not null, plan_hash text not null, n_new integer not null,
  at varchar(32) not null, primary key (campaign_id, step, inputs_hash)
);
