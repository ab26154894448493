-- Creates a session: refused at or before not-before; prunes the dead; keeps the cap; never shortens the key's life.
-- A session that rotation replaced is not counted in its grace, and goes with the one that replaced it.
-- ARGV: field, record, now s, authentication began ms or '' for now, cap, 'evict' or 'refuse', key life s
local now, record = tonumber(ARGV[3]), ARGV[2]
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
-- The same creation sent twice is one: its own field does not count.
local left, active, replaced = prune(before, now, ARGV[1]), {}, {}
for i = 1, #left, 2 do
  local field, text = left[i], left[i + 1]
  local family = string.sub(text, 60, 63)
  if string.sub(text, 2, 2) == 'r' then
    replaced[#replaced + 1] = { field, family }
  else
    active[#active + 1] = { num(text, 19, 25), num(text, 3, 11), field, family }
  end
end
local cap = tonumber(ARGV[5])
if #active >= cap and ARGV[6] == 'refuse' then return { -1, 0, '' } end
table.sort(active, function(a, b)
  for i = 1, 3 do
    if a[i] ~= b[i] then return a[i] < b[i] end
  end
  return false
end)
local evicted = #active - cap + 1
if evicted < 0 then evicted = 0 end
for i = 1, evicted do
  drop(active[i][3])
  for _, other in ipairs(replaced) do
    if other[2] == active[i][4] then drop(other[1]) end
  end
end
redis.call('HSET', key, ARGV[1], record)
if redis.call('TTL', key) < tonumber(ARGV[7]) then redis.call('EXPIRE', key, ARGV[7]) end
return { 1, evicted, record }
