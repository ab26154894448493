-- Ends every session of the user but one, if that one is alive: a session that has ended ends nothing.
-- ARGV: the field to keep, now s. Returns how many sessions ended, or -1.
local function num(text, from, to) return tonumber(string.sub(text, from, to), 36) or 0 end
local key, now, ended = KEYS[1], tonumber(ARGV[2]), 0
local before, record = num(redis.call('HGET', key, 'e') or '', 2, 10), redis.call('HGET', key, ARGV[1])
if not record or num(record, 3, 11) <= before then return -1 end
if now >= num(record, 12, 18) or now >= num(record, 19, 25) + num(record, 26, 30) then return -1 end
for _, field in ipairs(redis.call('HKEYS', key)) do
  if field ~= 'e' and string.sub(field, 2) ~= string.sub(ARGV[1], 2) then
    redis.call('HDEL', key, field)
    if string.sub(field, 1, 1) == 's' then ended = ended + 1 end
  end
end
return ended
