-- Ends every session of the user and raises not-before, which only grows: a replay is harmless.
-- ARGV: not-before (letter and 9 digits of base 36), key life s. Returns how many sessions ended.
local before, ended = num(redis.call('HGET', key, 'e') or '', 2, 10), 0
-- First, so that the hash is never empty: an emptied one would lose its expiry.
if num(ARGV[1], 2, 10) > before then redis.call('HSET', key, 'e', ARGV[1]) end
local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
  if all[i] ~= 'e' then
    redis.call('HDEL', key, all[i])
    if string.sub(all[i], 1, 1) == 's' and string.sub(all[i + 1], 2, 2) ~= 'r' then ended = ended + 1 end
  end
end
if redis.call('TTL', key) < tonumber(ARGV[2]) then redis.call('EXPIRE', key, ARGV[2]) end
return ended
