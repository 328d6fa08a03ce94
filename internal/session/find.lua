-- Reads KEYS[1] and lets it live for ARGV[1] ms more if it has less.
local v = redis.call('GET', KEYS[1])
if v and redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return v
