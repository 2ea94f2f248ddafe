-- Version 4: decisions say why a message goes out, or why another campaign's does instead.
alter table decisions add column why text;
