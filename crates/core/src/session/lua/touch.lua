-- Moves last-seen forward and fills empty network slots. Never creates: a session that is gone stays gone.
-- Looks again whether more than a tenth of the idle window has gone: of parallel requests only the first writes.
-- ARGV: field, last-seen (7 digits of base 36), IPv4 slot or '', IPv6 slot or ''
local function num(text, from, to) return tonumber(string.sub(text, from, to), 36) or 0 end
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or #record ~= 64 or string.sub(record, 1, 2) ~= 'Aa' then return 0 end
local seen, ipv4, ipv6 = string.sub(record, 19, 25), string.sub(record, 35, 40), string.sub(record, 41, 51)
if (tonumber(ARGV[2], 36) - num(record, 19, 25)) * 10 > num(record, 26, 30) then seen = ARGV[2] end
if ARGV[3] ~= '' and ipv4 == string.rep('.', 6) then ipv4 = ARGV[3] end
if ARGV[4] ~= '' and ipv6 == string.rep('.', 11) then ipv6 = ARGV[4] end
local touched = string.sub(record, 1, 18) .. seen .. string.sub(record, 26, 34) .. ipv4 .. ipv6 .. string.sub(record, 52)
if touched ~= record then redis.call('HSET', KEYS[1], ARGV[1], touched) end
return 1
