-- +goose Up
-- How many short messages a village sent in a month, and how many it did not send because the quota was used up;
-- those stand on screen and on paper instead.
create table sms_use (
  village_id bigint not null references village,
  month      integer not null,
  sent       integer not null default 0,
  kept_back  integer not null default 0,
  primary key (village_id, month)
);
select fence('sms_use', 'select, insert, update');

insert into sms_use (village_id, month, sent)
select village_id, (extract(year from sent_at at time zone 'Asia/Shanghai') * 100 + extract(month from sent_at at time zone 'Asia/Shanghai'))::integer, count(*)
from message where sms = 'sent' and sent_at is not null group by 1, 2;

alter table message drop constraint message_sms_check;
alter table message add constraint message_sms_check check (sms in ('none', 'waiting', 'sent', 'unreachable', 'over'));
-- The month in whose count the message is, so that one that is tried again is counted once.
alter table message add column counted integer;
