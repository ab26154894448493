-- Writes application data, if its session is alive and the data is still of the version that was read.
-- ARGV: field, now s, not-before ms known elsewhere, version read (7 digits of base 36, zeros for none), data
-- Returns { 1, '', '' }, { 0, data, '' } where another write was first, or { -1, record, not-before } of a session that is not alive.
local refused = refusal(ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[2]))
if refused then return refused end
local field = 'd' .. string.sub(ARGV[1], 2)
local data = redis.call('HGET', key, field) or ''
if num(data, 2, 8) ~= num(ARGV[4], 1, 7) then return { 0, data, '' } end
redis.call('HSET', key, field, ARGV[5])
return { 1, '', '' }
