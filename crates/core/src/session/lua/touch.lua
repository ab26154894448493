-- Moves last-seen forward and fills empty network slots. Never creates: a session that is gone stays gone.
-- ARGV: field, last-seen (7 digits of base 36), IPv4 slot or '', IPv6 slot or ''
local record = redis.call('HGET', KEYS[1], ARGV[1])
if not record or #record ~= 64 or string.sub(record, 1, 2) ~= 'Aa' then return 0 end
local head, seen, middle = string.sub(record, 1, 18), string.sub(record, 19, 25), string.sub(record, 26, 34)
local ipv4, ipv6, tail = string.sub(record, 35, 40), string.sub(record, 41, 51), string.sub(record, 52)
if tonumber(ARGV[2], 36) > (tonumber(seen, 36) or 0) then seen = ARGV[2] end
if ARGV[3] ~= '' and ipv4 == string.rep('.', 6) then ipv4 = ARGV[3] end
if ARGV[4] ~= '' and ipv6 == string.rep('.', 11) then ipv6 = ARGV[4] end
redis.call('HSET', KEYS[1], ARGV[1], head .. seen .. middle .. ipv4 .. ipv6 .. tail)
return 1
