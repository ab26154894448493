-- Ends every session of the user but one, if that one is still there: a revoked session revokes nothing.
-- ARGV: the field to keep. Returns how many sessions ended, or -1.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return -1 end
local ended = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if field ~= 'e' and string.sub(field, 2) ~= string.sub(ARGV[1], 2) then
    redis.call('HDEL', KEYS[1], field)
    if string.sub(field, 1, 1) == 's' then ended = ended + 1 end
  end
end
return ended
