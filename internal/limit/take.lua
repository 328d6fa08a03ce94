-- Counts one use of KEYS[1] at ARGV[1] (ms) under the name ARGV[2], unless one of the windows that follow as pairs
-- (times, ms) is full. Answers 0, or the ms until the fullest window has room.
local now, wait, longest = tonumber(ARGV[1]), 0, 0
for i = 3, #ARGV, 2 do
  local times, span = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  if span > longest then longest = span end
  local oldest = redis.call('ZREVRANGE', KEYS[1], times - 1, times - 1, 'WITHSCORES')
  if oldest[2] then
    local left = tonumber(oldest[2]) + span - now
    if left > wait then wait = left end
  end
end
if wait > 0 then return math.ceil(wait) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - longest)
redis.call('ZADD', KEYS[1], now, ARGV[2])
redis.call('PEXPIRE', KEYS[1], longest)
return 0
