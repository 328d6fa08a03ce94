-- +goose Up
-- A person who can sign in, once in the whole deployment. villages says where memberships may be looked
-- for; the membership itself stands in the village and is what counts.
create table account (
  id            uuid primary key,
  name          text not null,
  phone         bytea not null,
  phone_index   bytea not null unique,
  password      text not null default '',
  must_change   boolean not null default false,
  totp          bytea,
  totp_step     bigint not null default 0,
  state         text not null default 'active' check (state in ('active', 'disabled')),
  failed        integer not null default 0,
  locked_until  timestamptz,
  epoch         integer not null default 1, -- a session of an earlier epoch is over
  villages      bigint[] not null default '{}',
  created_at    timestamptz not null
);
select share('account', 'select, insert, update');

-- A seat above the villages: bureau and departments of a township, platform administrators.
create table officer (
  id          uuid primary key,
  account_id  uuid not null references account,
  township_id bigint references township,
  role        text not null check (role in ('platform', 'bureau', 'department')),
  topic       text not null default '',
  starts_on   date not null,
  ends_on     date,
  ended_at    timestamptz,
  check ((role = 'platform') = (township_id is null))
);
create index officer_account on officer (account_id);
select share('officer', 'select, insert, update');

-- Every try to sign in.
create table sign_in (
  id          uuid primary key,
  at          timestamptz not null,
  account_id  uuid,
  phone_index bytea not null,
  result      text not null,
  address     text not null
);
create index sign_in_account on sign_in (account_id, at);
create index sign_in_phone on sign_in (phone_index, at);
select share('sign_in', 'select, insert');

-- A person's place in a village (R4.1.1): role is what they may do, kind the seat in the working group
-- that they fill, the term how long (R4.1.6).
create table membership (
  village_id   bigint not null references village,
  id           uuid not null,
  account_id   uuid not null references account,
  name         text not null,
  role         text not null check (role in ('lead', 'committee', 'grid', 'desk', 'household')),
  kind         text check (kind in ('两委', '网格员', '党员代表', '群众代表')),
  grid         integer not null default 0,
  household_id uuid,
  starts_on    date not null,
  ends_on      date,
  ended_at     timestamptz,
  ended_by     uuid,
  end_reason   text not null default '',
  disqualified boolean not null default false,
  created_at   timestamptz not null,
  primary key (village_id, id)
);
create unique index membership_once on membership (village_id, account_id, role) where ended_at is null;
select fence('membership', 'select, insert, update');

-- Homes of people related to a member of the group, declared, for recusal.
create table relative (
  village_id   bigint not null references village,
  account_id   uuid not null references account,
  household_id uuid not null,
  relation     text not null,
  declared_at  timestamptz not null,
  primary key (village_id, account_id, household_id)
);
select fence('relative', 'select, insert, delete');
