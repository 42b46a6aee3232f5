package store

import "github.com/redis/go-redis/v9"

// The scripts. Each one has keys of one slot only. They are values that never
// change; a server that has forgotten one is sent it again.
var (
	// swap writes a lead if it still begins with the revision that was read:
	// 1 when it did, the lead as it is now when it does not, 0 when it is gone.
	swap = redis.NewScript(`
local now = redis.call('GET', KEYS[1])
if not now then return 0 end
if string.sub(now, 1, #ARGV[1]) ~= ARGV[1] then return now end
redis.call('SET', KEYS[1], ARGV[2])
return 1`)

	// adopt gives a lead that was known by a phone only its e-mail: KEYS are the
	// phone's pointer and the e-mail's, ARGV the lead and the phone's new pointer.
	adopt = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[1])
return 1`)

	// amend writes a field of a touch, if the touch is still there.
	amend = redis.NewScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])`)

	// count adds a repeat to a touch, each one once.
	count = redis.NewScript(`
local new = redis.call('SADD', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
if new == 1 then redis.call('HINCRBY', KEYS[1], 'repeats', 1) end
return new`)

	// lease takes or prolongs a lease unless another owner has it.
	lease = redis.NewScript(`
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`)

	// drop deletes a lead that still begins with the revision that was read.
	drop = redis.NewScript(`
local now = redis.call('GET', KEYS[1])
if now and string.sub(now, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`)

	// unlink deletes a pointer that leads where ARGV say.
	unlink = redis.NewScript(`
local to = redis.call('GET', KEYS[1])
if to == ARGV[1] or to == ARGV[2] then return redis.call('DEL', KEYS[1]) end
return 0`)
	// rewind moves a timer, ARGV[1], that was due by ARGV[2] to ARGV[3], or takes
	// it away for 0.
	rewind = redis.NewScript(`
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not at or tonumber(at) > tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '0' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1`)

	// keepLater keeps for each source the later of two moments: ARGV are pairs.
	keepLater = redis.NewScript(`
for i = 1, #ARGV, 2 do
  local at = redis.call('HGET', KEYS[1], ARGV[i])
  if not at or tonumber(at) < tonumber(ARGV[i+1]) then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+1]) end
end
return 1`)

	release = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

	// pace counts a message by Redis's clock: the key holds when the bucket will
	// be full again, in microseconds. ARGV: between messages, burst. It returns
	// the wait, 0 when the message is counted.
	pace = redis.NewScript(`
local t = redis.call('TIME')
local now, every = t[1] * 1000000 + t[2], tonumber(ARGV[1])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = full + every - ARGV[2] * every - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', full + every), 'PX', math.ceil((full + every - now) / 1000))
return 0`)

	// hold moves that moment so far that nothing is let through for ARGV[3].
	hold = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local full = now + ARGV[3] + (ARGV[2] - 1) * ARGV[1]
if full <= tonumber(redis.call('GET', KEYS[1]) or '0') then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return 1`)
)
