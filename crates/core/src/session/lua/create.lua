-- Creates a session: refused at or before not-before; prunes the dead; keeps the cap; never shortens the key's life.
-- ARGV: field, record, now s, authentication began ms or '' for now, cap, 'evict' or 'refuse', key life s
local function num(text, from, to) return tonumber(string.sub(text, from, to), 36) or 0 end
local key, now, record = KEYS[1], tonumber(ARGV[3]), ARGV[2]
local before = num(redis.call('HGET', key, 'e') or '', 2, 10)
if ARGV[4] ~= '' and tonumber(ARGV[4]) <= before then return { 0, 0, '' } end
local created = num(record, 3, 11)
if created <= before then
  created = before + 1
  local digits = ''
  for _ = 1, 9 do
    local digit = created % 36
    digits = string.sub('0123456789abcdefghijklmnopqrstuvwxyz', digit + 1, digit + 1) .. digits
    created = (created - digit) / 36
  end
  record = string.sub(record, 1, 2) .. digits .. string.sub(record, 12)
end
local all, living = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
  local field, text = all[i], all[i + 1]
  -- The same creation sent twice is one.
  if string.sub(field, 1, 1) == 's' and field ~= ARGV[1] then
    local born, seen = num(text, 3, 11), num(text, 19, 25)
    if born <= before or now >= num(text, 12, 18) or now >= seen + num(text, 26, 30) then
      redis.call('HDEL', key, field, 'd' .. string.sub(field, 2))
    else
      living[#living + 1] = { seen, born, field }
    end
  end
end
local cap = tonumber(ARGV[5])
if #living >= cap and ARGV[6] == 'refuse' then return { -1, 0, '' } end
table.sort(living, function(a, b)
  for i = 1, 3 do
    if a[i] ~= b[i] then return a[i] < b[i] end
  end
  return false
end)
local evicted = #living - cap + 1
if evicted < 0 then evicted = 0 end
for i = 1, evicted do redis.call('HDEL', key, living[i][3], 'd' .. string.sub(living[i][3], 2)) end
redis.call('HSET', key, ARGV[1], record)
if redis.call('TTL', key) < tonumber(ARGV[7]) then redis.call('EXPIRE', key, ARGV[7]) end
return { 1, evicted, record }
