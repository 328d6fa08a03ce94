-- +goose Up
-- A photo of the thing, for everybody who may redeem it.
alter table goods add column photo uuid;
alter table goods add constraint goods_photo foreign key (village_id, photo) references evidence (village_id, id);

-- The photo of a quote. Those of the receipt are the purchase's other photos.
alter table purchase_quote add column photo uuid;
alter table purchase_quote add constraint purchase_quote_photo foreign key (village_id, photo) references evidence (village_id, id);

-- When goods were handed over by a desk without network, at being when that reached the server; null where
-- both were the same moment.
alter table redemption add column handed_at timestamptz;
alter table redemption add constraint redemption_handed check (handed_at is null or handed_at < at);
