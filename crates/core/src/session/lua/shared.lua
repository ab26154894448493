-- What the scripts share, in front of each. A record's offsets are those of record.rs, counted from 1.
local key = KEYS[1]
local function num(text, from, to) return tonumber(string.sub(text, from, to), 36) or 0 end
-- Whether a record lives at `now` (s) and was created after `before` (ms). Numbers, because `<` on strings follows the locale.
local function living(record, before, now)
  return num(record, 3, 11) > before and now < num(record, 12, 18) and now < num(record, 19, 25) + num(record, 26, 30)
end
local function drop(field) redis.call('HDEL', key, field, 'd' .. string.sub(field, 2)) end
-- Why a session may not ask for anything: its record and not-before, for core to name the reason. Nothing where it may.
local function refusal(field, before, now)
  local record, e = redis.call('HGET', key, field) or '', redis.call('HGET', key, 'e') or ''
  if string.sub(record, 1, 2) == 'Aa' and living(record, math.max(before, num(e, 2, 10)), now) then return nil end
  return { -1, record, e }
end
-- Removes the dead but for one field, which is passed over; hands out the living, by turns field and record.
local function prune(before, now, but)
  local all, left = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local field, record = all[i], all[i + 1]
    if string.sub(field, 1, 1) == 's' and field ~= but then
      if living(record, before, now) then
        left[#left + 1] = field
        left[#left + 1] = record
      else
        drop(field)
      end
    end
  end
  return left
end
