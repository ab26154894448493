-- Moves last-seen forward and fills empty network slots. Never creates: a session that is gone or dead stays so.
-- Looks again whether more than a tenth of the idle window has gone: of parallel requests only the first writes.
-- ARGV: field, now (7 digits of base 36), IPv4 slot or '', IPv6 slot or '', what those hold ('.' a prefix, 'x' a hash)
local now = num(ARGV[2], 1, 7)
if refusal(ARGV[1], 0, now) then return 0 end
local record = redis.call('HGET', key, ARGV[1])
if #record ~= 64 then return 0 end
local seen, ipv4, ipv6, holds = string.sub(record, 19, 25), string.sub(record, 35, 40), string.sub(record, 41, 51), string.sub(record, 64)
if (now - num(record, 19, 25)) * 10 > num(record, 26, 30) then seen = ARGV[2] end
if ARGV[3] .. ARGV[4] ~= '' then
  local no4, no6 = ipv4 == string.rep('.', 6), ipv6 == string.rep('.', 11)
  if no4 and no6 then holds = ARGV[5] end
  if holds == ARGV[5] then
    if no4 and ARGV[3] ~= '' then ipv4 = ARGV[3] end
    if no6 and ARGV[4] ~= '' then ipv6 = ARGV[4] end
  end
end
local touched = string.sub(record, 1, 18) .. seen .. string.sub(record, 26, 34) .. ipv4 .. ipv6 .. string.sub(record, 52, 63) .. holds
if touched ~= record then redis.call('HSET', key, ARGV[1], touched) end
return 1
