"""The Lua that changes sessions in Redis: each script is one step, which is seen whole or not at all.

All keys of one call share a hash tag, as Redis Cluster demands.
"""

from __future__ import annotations

from bff.sessions.sealing import VERSION_BYTES

# KEYS web tokens rate; ARGV window in seconds (0: do not count)
LOAD = """
local web = redis.call('GET', KEYS[1])
if not web or #web == 1 then return {web} end
local used, ends = 0, 0
if ARGV[1] ~= '0' then
  redis.call('SET', KEYS[3], 0, 'EX', ARGV[1], 'NX')
  used = redis.call('INCR', KEYS[3])
  ends = redis.call('PTTL', KEYS[3])
end
return {web, redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[1]), used, ends}
"""

# KEYS web tokens device; ARGV ttl-ms device-record ('': none). A replaced cookie's mark keeps its own end. A device
# record is only ever replaced: where there is none, the visitor has become a guest in between.
TOUCH = """
if redis.call('STRLEN', KEYS[1]) <= 1 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
if ARGV[2] ~= '' then redis.call('SET', KEYS[3], ARGV[2], 'XX', 'PX', ARGV[1]) end
return 1
"""

# Refuses (-1) where the session has ended, (0) where a checked version is not the one that was read.
_CHECK = f"""
local web = redis.call('GETRANGE', KEYS[1], 0, {VERSION_BYTES - 1})
if #web <= 1 then return -1 end
if ARGV[1] == '1' and web ~= ARGV[2] then return 0 end
if ARGV[3] == '1' and redis.call('GETRANGE', KEYS[2], 0, {VERSION_BYTES - 1}) ~= ARGV[4] then return 0 end
"""

# KEYS web tokens device; ARGV check-web web-version check-tokens tokens-version new-web new-tokens ttl-ms (0: as it is)
# and whether the device record goes, since the visitor is a guest again
COMMIT = (
    _CHECK
    + """
local ttl = tonumber(ARGV[7])
if ttl == 0 then ttl = math.max(redis.call('PTTL', KEYS[1]), 1) end
if ARGV[5] ~= '' then redis.call('SET', KEYS[1], ARGV[5], 'PX', ttl) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[2], ARGV[6], 'PX', ttl) end
if ARGV[7] ~= '0' then redis.call('PEXPIRE', KEYS[1], ttl); redis.call('PEXPIRE', KEYS[2], ttl) end
if ARGV[8] == '1' then redis.call('DEL', KEYS[3]) end
return 1
"""
)

# KEYS web tokens rate device; ARGV as _CHECK, then the mark and how long it stays, in seconds
RETIRE_IF_SAME = (
    _CHECK
    + """
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
redis.call('SET', KEYS[1], ARGV[5], 'EX', ARGV[6])
return 1
"""
)

# KEYS web tokens rate device. A replaced cookie's mark stays: its browser has another session by now.
END = """
local lived = redis.call('STRLEN', KEYS[1]) > 1
if lived then redis.call('DEL', KEYS[1]) end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])
return lived and 1 or 0
"""

# KEYS answer; ARGV claim ('': none) and how long it holds, in ms. Returns what is there; '' where nothing is, and then
# the claim is made. An answer's first byte says how often it may still be had: a digit, or '*' for always.
TAKE_ANSWER = """
local found = redis.call('GET', KEYS[1])
if not found then
  if ARGV[1] ~= '' then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
  return ''
end
local left = tonumber(string.sub(found, 1, 1))
if left == 1 then redis.call('DEL', KEYS[1]) end
if left and left > 1 then redis.call('SETRANGE', KEYS[1], 0, left - 1) end
return found
"""

# KEYS answer; ARGV claim ('': none was made), sealed answer, how long it stays, in ms
KEEP_ANSWER = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

# KEYS answer; ARGV claim
RELEASE_CLAIM = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
