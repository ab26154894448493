-- Ends one session, and with it what it replaced or was replaced by in rotation: its family.
-- ARGV: field, now s where the session itself asks or '' where another does. One that is dead ends itself alone, so that
-- an id from before a rotation ends nothing once its grace has passed. Returns how many sessions ended: 0 or 1.
local record, ended = redis.call('HGET', key, ARGV[1]), 0
if not record then return 0 end
local function finish(field, text)
  drop(field)
  if string.sub(text, 2, 2) ~= 'r' then ended = 1 end
end
local family, before = string.sub(record, 60, 63), num(redis.call('HGET', key, 'e') or '', 2, 10)
finish(ARGV[1], record)
if #family == 4 and family ~= '....' and (ARGV[2] == '' or living(record, before, tonumber(ARGV[2]))) then
  local all = redis.call('HGETALL', key)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 1) == 's' and string.sub(all[i + 1], 60, 63) == family then finish(all[i], all[i + 1]) end
  end
end
return ended
