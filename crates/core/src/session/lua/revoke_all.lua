-- Ends every session of the user and raises not-before, which only grows: a replay is harmless.
-- ARGV: not-before (letter and 9 digits of base 36), key life s. Returns how many sessions ended.
local key, ended = KEYS[1], 0
local before = tonumber(string.sub(redis.call('HGET', key, 'e') or '', 2, 10), 36) or 0
-- First, so that the hash is never empty: an emptied one would lose its expiry.
if tonumber(string.sub(ARGV[1], 2, 10), 36) > before then redis.call('HSET', key, 'e', ARGV[1]) end
for _, field in ipairs(redis.call('HKEYS', key)) do
  if field ~= 'e' then
    redis.call('HDEL', key, field)
    if string.sub(field, 1, 1) == 's' then ended = ended + 1 end
  end
end
if redis.call('TTL', key) < tonumber(ARGV[2]) then redis.call('EXPIRE', key, ARGV[2]) end
return ended
