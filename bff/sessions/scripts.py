"""The Lua that changes sessions in Redis: each script is one step, which is seen whole or not at all.

All keys of one call share a hash tag, as Redis Cluster demands.
"""

from __future__ import annotations

from bff.sessions.ended import Ended
from bff.sessions.sealing import VERSION_BYTES

RETIRED_BYTES = 9
"""What a replaced cookie leaves has at most so many: a letter, and who replaced it. A record has more."""

# KEYS a key of its own; ARGV lifetime in ms, should the script end half-way. Needs what the others need: to be loaded,
# to write, and memory.
READY = """
redis.call('SET', KEYS[1], 1, 'PX', ARGV[1])
return redis.call('DEL', KEYS[1])
"""


def _load(count_row: str, told_of_row: str) -> str:
    return f"""
local web = redis.call('GET', KEYS[1])
local word, told = redis.call('GET', KEYS[4]), redis.call('PTTL', KEYS[4])
if not web or #web <= {RETIRED_BYTES} then return {{web, word, told, redis.call('EXISTS', KEYS[2])}} end
local used, ends = 0, 0
if ARGV[1] ~= '0' then
  redis.call('SET', KEYS[5], 0, 'EX', ARGV[1], 'NX')
  used = redis.call('INCR', KEYS[5])
  ends = redis.call('PTTL', KEYS[5])
end
{count_row}return {{web, word, told, redis.call('GET', KEYS[2]), redis.call('PTTL', KEYS[1]), used, ends{told_of_row}}}
"""


# KEYS web tokens device ended rate; ARGV window in seconds (0: do not count). The word of a session that is over comes
# along, and so does one of its halves that is left alone.
LOAD = _load("", "")

# KEYS the same, and the row's rate; ARGV the same, and the row's window in seconds.
LOAD_AND_COUNT_ROW = _load(
    "redis.call('SET', KEYS[6], 0, 'EX', ARGV[2], 'NX')\nlocal calls = redis.call('INCR', KEYS[6])\n",
    ", calls, redis.call('PTTL', KEYS[6])",
)

# KEYS count; ARGV window in seconds
COUNT = """
redis.call('SET', KEYS[1], 0, 'EX', ARGV[1], 'NX')
return {redis.call('INCR', KEYS[1]), redis.call('PTTL', KEYS[1])}
"""

# KEYS web tokens device ended; ARGV ttl-ms web tokens device-record ('': none) word ('': none) word-ttl-ms. The device
# record first, so that it is also the first to end.
CREATE = """
if ARGV[4] ~= '' then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[1]) end
if ARGV[5] ~= '' then redis.call('SET', KEYS[4], ARGV[5], 'PX', ARGV[6]) end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[1])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[1])
return 1
"""

# KEYS web tokens device ended rate; ARGV the mark and how long it stays, in seconds
RETIRE = """
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
"""

# KEYS web tokens device ended; ARGV ttl-ms device-record ('': none) web-version-read word ('': none) word-ttl-ms. A
# replaced cookie's mark keeps its own end. A visitor whose record was written in between may be a guest by now: then a
# device record is only replaced, never made, and the word stays as it is.
TOUCH = f"""
if redis.call('STRLEN', KEYS[1]) <= {RETIRED_BYTES} then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
redis.call('PEXPIRE', KEYS[3], ARGV[1])
local same = redis.call('GETRANGE', KEYS[1], 0, {VERSION_BYTES - 1}) == ARGV[3]
if ARGV[2] ~= '' then
  if same then redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[1])
  else redis.call('SET', KEYS[3], ARGV[2], 'XX', 'PX', ARGV[1]) end
end
if same and ARGV[4] ~= '' then redis.call('SET', KEYS[4], ARGV[4], 'PX', ARGV[5]) end
return same and 1 or 0
"""

# Refuses (0) where a checked version is not the one that was read, and with the word ('': none) of what has ended.
_CHECK = f"""
local web = redis.call('GETRANGE', KEYS[1], 0, {VERSION_BYTES - 1})
if #web <= {RETIRED_BYTES} then return redis.call('GET', KEYS[4]) or '' end
if ARGV[1] == '1' and web ~= ARGV[2] then return 0 end
if ARGV[3] == '1' and redis.call('GETRANGE', KEYS[2], 0, {VERSION_BYTES - 1}) ~= ARGV[4] then return 0 end
"""

# KEYS web tokens device ended; ARGV check-web web-version check-tokens tokens-version new-web new-tokens ttl-ms (0: as
# it is), whether the device record goes, since the visitor is a guest again, the word ('': none) that says why, and its
# ttl-ms
COMMIT = (
    _CHECK
    + """
local ttl = tonumber(ARGV[7])
if ttl == 0 then ttl = math.max(redis.call('PTTL', KEYS[1]), 1) end
if ARGV[5] ~= '' then redis.call('SET', KEYS[1], ARGV[5], 'PX', ttl) end
if ARGV[6] ~= '' then redis.call('SET', KEYS[2], ARGV[6], 'PX', ttl) end
if ARGV[7] ~= '0' then redis.call('PEXPIRE', KEYS[1], ttl); redis.call('PEXPIRE', KEYS[2], ttl) end
if ARGV[8] == '1' then redis.call('DEL', KEYS[3]) end
if ARGV[9] ~= '' then redis.call('SET', KEYS[4], ARGV[9], 'PX', ARGV[10]) end
return 1
"""
)

# KEYS web tokens device ended rate; ARGV as _CHECK, then the mark and how long it stays, in seconds
RETIRE_IF_SAME = (
    _CHECK
    + """
redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('SET', KEYS[1], ARGV[5], 'EX', ARGV[6])
return 1
"""
)

# KEYS web tokens device ended rate; ARGV word ('': none) word-ttl-ms. A replaced cookie's mark stays: its browser has
# another session by now. What only a half is left of ends too. The word tells of who was signed in, and of an end that
# had not come before.
END = f"""
local lived = redis.call('STRLEN', KEYS[1]) > {RETIRED_BYTES}
local ends = lived or redis.call('EXISTS', KEYS[2]) == 1
if lived then redis.call('DEL', KEYS[1]) end
redis.call('DEL', KEYS[2], KEYS[3], KEYS[5])
if ARGV[1] == '' then redis.call('DEL', KEYS[4])
elseif ends and redis.call('GET', KEYS[4]) == '{Ended.IDLE.value}' then
  redis.call('SET', KEYS[4], ARGV[1], 'PX', ARGV[2])
end
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
if left == 1 then redis.call('SET', KEYS[1], 'X', 'KEEPTTL') end
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
