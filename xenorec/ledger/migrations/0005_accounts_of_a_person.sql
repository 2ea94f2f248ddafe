-- Version 5: which accounts are one person, which addresses an account has, and whose ids are whose,
-- so that what a person said holds for all accounts and for the address itself.
create table if not exists id_prefixes (
  kind text not null, space text not null, prefix text not null, primary key (kind, space)
);
create table if not exists account_links (
  customer_id text not null, person_id text not null, since varchar(32) not null,
  until varchar(32), primary key (customer_id, since)
);
create index if not exists ix_account_links_person_id on account_links (person_id);
create table if not exists account_addresses (
  customer_id text not null, value_hash text not null, since varchar(32) not null,
  until varchar(32), primary key (customer_id, value_hash, since)
);
create index if not exists ix_account_addresses_value_hash on account_addresses (value_hash);
create index if not exists ix_decisions_address on decisions (address_hash, campaign_id, step);
