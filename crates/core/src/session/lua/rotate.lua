-- Replaces a session by a successor, where its record is still the one that core has judged. Application data is copied,
-- so that what is under way under the old id still reads it; the dead are pruned. The same rotation sent twice is one.
-- ARGV: field, record as judged, record as replaced, field of the successor, its record, now s
-- Returns { 1, '', '' }, or { 0, record, not-before } to be judged again.
local record, e = redis.call('HGET', key, ARGV[1]) or '', redis.call('HGET', key, 'e') or ''
if record == ARGV[2] then
  prune(num(e, 2, 10), tonumber(ARGV[6]), ARGV[1])
  redis.call('HSET', key, ARGV[1], ARGV[3], ARGV[4], ARGV[5])
  local data = redis.call('HGET', key, 'd' .. string.sub(ARGV[1], 2))
  if data then redis.call('HSET', key, 'd' .. string.sub(ARGV[4], 2), data) end
elseif record ~= ARGV[3] or redis.call('HEXISTS', key, ARGV[4]) == 0 then
  return { 0, record, e }
end
return { 1, '', '' }
