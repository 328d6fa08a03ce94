-- +goose Up
-- A township's own directory, by which its people may sign in (OIDC). The secret is sealed by the platform's key.
create table identity_provider (
  township_id bigint primary key references township,
  name        text not null,    -- what the button says
  issuer      text not null,
  client_id   text not null,
  secret      bytea not null,
  claim       text not null check (claim in ('sub', 'phone_number')), -- by which an account is found
  second      boolean not null, -- the directory asks for a second factor itself, and its word is believed
  active      boolean not null,
  changed_at  timestamptz not null,
  changed_by  text not null
);
select share('identity_provider', 'select, insert, update');
revoke select on identity_provider from cunfen_export;

-- Whom the directory means: a subject of it and the account that an administrator linked with it.
create table identity_link (
  id          uuid primary key,
  township_id bigint not null references identity_provider,
  subject     text not null,
  account_id  uuid not null references account,
  linked_at   timestamptz not null,
  linked_by   text not null,
  ended_at    timestamptz,
  ended_by    text not null default ''
);
create unique index identity_link_subject on identity_link (township_id, subject) where ended_at is null;
create unique index identity_link_account on identity_link (township_id, account_id) where ended_at is null;
select share('identity_link', 'select, insert, update');
