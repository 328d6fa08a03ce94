-- +goose Up
-- points_hold sets points of a household aside: the year's, and the base points that are open on the day. CF001
-- when it has not so many.
-- +goose StatementBegin
create function points_hold(p_village bigint, p_household uuid, p_points integer, p_day date) returns void language plpgsql as $$
begin
  update balance b set held = b.held + p_points
  where b.village_id = p_village and b.household_id = p_household
    and b.year - b.held - b.disputed + base_open(p_village, p_household, p_day) >= p_points;
  if not found then
    if exists (select from balance b where b.village_id = p_village and b.household_id = p_household) then
      raise exception 'not enough points' using errcode = 'CF001';
    end if;
    raise exception 'household has no balance' using errcode = 'CF002';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function points_hold(bigint, uuid, integer, date) to cunfen_app, cunfen_worker;
