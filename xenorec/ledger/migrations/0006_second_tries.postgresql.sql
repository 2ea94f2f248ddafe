-- Version 6: a decision that came to nothing can be made again; deliveries say whose fault a try
-- was, what the channel said, and to which address it went; the sources of approved templates; what
-- a job has planned for.
alter table deliveries add column fault text;
alter table deliveries add column detail text;
alter table deliveries add column address_hash text;
create index if not exists ix_deliveries_address on deliveries (address_hash);
alter table decisions add column if not exists retry integer not null default 0;
alter table decisions drop constraint if exists uq_decision;
alter table decisions add constraint uq_decision
  unique (campaign_id, step, customer_id, retry);
create table if not exists retries (
  campaign_id text not null, step text not null, customer_id text not null,
  retry integer not null, reason text not null, at timestamptz not null,
  primary key (campaign_id, step, customer_id, retry)
);
create table if not exists template_files (
  template text not null, version text not null, path text not null, content bytea not null,
  primary key (template, version, path)
);
create table if not exists planned_inputs (
  campaign_id text not null, step text not null, inputs_hash text not null,
  as_of timestamptz not null, plan_hash text not null, n_new integer not null,
  at timestamptz not null, primary key (campaign_id, step, inputs_hash)
);
