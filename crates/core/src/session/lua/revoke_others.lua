-- Ends every session of the user but one, if that one is alive: a session that has ended, or was replaced, ends nothing.
-- ARGV: the field to keep, now s, not-before ms known elsewhere
-- Returns { how many ended, '', '' }, or { -1, record, not-before } of a session that is not alive.
local refused = refusal(ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[2]))
if refused then return refused end
local all, ended = redis.call('HGETALL', key), 0
for i = 1, #all, 2 do
  if all[i] ~= 'e' and string.sub(all[i], 2) ~= string.sub(ARGV[1], 2) then
    redis.call('HDEL', key, all[i])
    if string.sub(all[i], 1, 1) == 's' and string.sub(all[i + 1], 2, 2) ~= 'r' then ended = ended + 1 end
  end
end
return { ended, '', '' }
