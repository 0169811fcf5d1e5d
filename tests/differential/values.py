"""Values for the arguments of commands, by the name and type that COMMAND DOCS gives them.

Few and small, so that keys' types collide, members are found again and values stay small; some that are wrong.
"""
import hashlib

# Two keys for each type, so that most commands find a value of theirs, and one that nothing prefers.
KEYS_OF = {
    "string": [b"s1", b"s2"], "bitmap": [b"s1", b"s2"], "hyperloglog": [b"p1", b"p2"], "hash": [b"h1", b"h2"], "list": [b"l1", b"l2"],
    "set": [b"t1", b"t2"], "sorted-set": [b"z1", b"z2"], "geo": [b"g1", b"z1"], "stream": [b"x1", b"x2"],
}
KEYS = sorted({key for keys in KEYS_OF.values() for key in keys}) + [b"{a}b", b"none", b"", b"with space\r\n\x00\xff"]

WORDS = [b"a", b"b", b"c", b"d", b"e", b"f", b"1", b"2", b"10", b"-3", b"2.5", b"", b"two words", b"\x00\xff\r\n", b"v" * 45, b"w" * 70]
MEMBERS = [b"a", b"b", b"c", b"d", b"e", b"1", b"2", b"3"] + [b"m%d" % number for number in range(8)]
INTEGERS = [b"0", b"1", b"2", b"3", b"5", b"-1", b"-2", b"100", b"9223372036854775807", b"-9223372036854775808"]
WRONG = [b"", b"x", b"-1", b"0", b"1.5", b"99999999999999999999", b"nan", b"\r\n", b"\x00\xff", b"NX", b"COUNT", b"v" * 200, b"(", b"*", b"$"]

SCRIPTS = [
    b"return {KEYS[1], ARGV[1], 7, redis.status_reply('fine'), false, true, {1.9}}",
    b"return redis.call('GET', KEYS[1])",
    b"return redis.call('SET', KEYS[1], ARGV[1])",
    b"return redis.call(ARGV[1], KEYS[1])",
    b"return redis.pcall('INCR', KEYS[1])",
    b"return redis.call('SMEMBERS', KEYS[1])",
    b"redis.setresp(3); return redis.call('HGETALL', KEYS[1])",
    b"redis.setresp(3); return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
    b"return {double=3.5}",
    b"return {map={a=1, b={double=0.25}}}",
    b"return {set={a=true, b=true}}",
    b"return redis.error_reply('MY own words')",
    b"return tonumber(ARGV[1]) + 1",
    b"for i = 1, 3 do redis.call('RPUSH', KEYS[1], i) end; return redis.call('LRANGE', KEYS[1], 0, -1)",
    b"redis.call('PUBLISH', 'c1', ARGV[1]); return redis.call('TIME')",
    b"return math.random(1000)",
    b"return cjson.encode({ARGV[1], #KEYS})",
    b"#!lua flags=no-writes\nreturn redis.call('SET', KEYS[1], 'x')",
    b"return no_such_name",
    b"return (",
]
SHA1S = [hashlib.sha1(script).hexdigest().encode() for script in SCRIPTS] + [b"f" * 40, b"short"]
LIBRARIES = [
    b"#!lua name=one\nredis.register_function('f', function(keys, args) return {keys[1], args[1]} end)",
    b"#!lua name=two\nredis.register_function{function_name='g', flags={'no-writes'}, callback=function(keys) return redis.call('GET', keys[1]) end}",
    b"#!lua name=three\nredis.register_function('h', function(keys) return redis.call('INCR', keys[1]) end)",
    b"#!lua name=bad\nredis.register_function(",
    b"no shebang",
]
IDS = [b"1-1", b"1-2", b"2-0", b"3", b"5-5", b"0", b"0-1", b"$", b">", b"-", b"+", b"(1-1", b"7-*"]
SCORES = [b"-inf", b"+inf", b"inf", b"0", b"1", b"2", b"(1", b"(2.5", b"3.25", b"-1e300", b"nan"]
LEXES = [b"-", b"+", b"[a", b"(b", b"[c", b"(m3", b"a"]
GROUPS, CONSUMERS = [b"g", b"g2"], [b"ann", b"bob"]
CHANNELS = [b"c1", b"c2", b"d1"]
PATTERNS = [b"*", b"c*", b"c?", b"[cd]1", b"m*", b"s[12]", b"nothing"]
FIELDS = [b"f1", b"f2", b"f3", b"n", b"1", b""]
SECONDS = [b"1", b"2", b"10", b"1000", b"0", b"-1", b"9223372036854775807"]
TIMEOUTS = [b"0", b"0.05", b"1", b"2", b"-1", b"x"]
# The test's clock starts at 1800000000 s.
UNIX_SECONDS, UNIX_MILLISECONDS = [b"1800000001", b"1800001000", b"4102444800", b"1", b"0"], [b"1800000001000", b"4102444800123", b"1", b"0"]
OFFSETS = [b"0", b"1", b"3", b"7", b"8", b"100", b"1000", b"-1", b"#1", b"4294967296"]
SMALL = [b"0", b"1", b"2", b"3", b"10", b"-1", b"-2"]

# By name; a name that is not here is drawn by its type.
BY_NAME = {
    "field": FIELDS, "member": MEMBERS, "member1": MEMBERS, "member2": MEMBERS, "element": MEMBERS, "pivot": MEMBERS,
    "start": SMALL, "stop": SMALL, "end": SMALL, "min": SCORES, "max": SCORES,
    "score": SCORES[1:], "longitude": [b"13.36", b"15.08", b"2.35", b"181"], "latitude": [b"38.11", b"37.5", b"48.85", b"-86"],
    "radius": [b"0", b"100", b"2000", b"-1"], "width": [b"400", b"2000"], "height": [b"400", b"2000"],
    "id": IDS, "last-id": IDS, "max_deleted_entry_id": IDS, "threshold": [b"0", b"1", b"2", b"3-0"],
    "group": GROUPS, "groupname": GROUPS, "consumer": CONSUMERS, "consumername": CONSUMERS,
    "channel": CHANNELS, "shardchannel": CHANNELS, "pattern": PATTERNS,
    "script": SCRIPTS, "sha1": SHA1S, "function": [b"f", b"g", b"h", b"nothing"], "function-code": LIBRARIES,
    "library-name": [b"one", b"two", b"nothing"], "library-name-pattern": [b"*", b"t*", b"nothing"],
    "encoding": [b"u1", b"u8", b"i4", b"i16", b"u63", b"u65"], "offset": OFFSETS, "bit": [b"0", b"1", b"2"],
    "operation": [b"AND", b"OR", b"XOR", b"NOT", b"NAND"], "seconds": SECONDS, "milliseconds": SECONDS, "ttl": [b"0", b"1000", b"-1"],
    "ms": SMALL, "min-idle-time": SMALL, "timeout": TIMEOUTS, "index": SMALL, "count": SMALL, "limit": SMALL, "len": SMALL, "rank": SMALL,
    "num-matches": SMALL, "cursor": [b"0", b"0", b"0", b"1", b"x"], "db": [b"0", b"1", b"15", b"16", b"x"], "destination-db": [b"0", b"1", b"16"],
    "frequency": [b"0", b"255", b"256"], "weight": [b"1", b"2", b"0.5", b"-1", b"x"], "numreplicas": [b"0", b"1"], "protover": [b"2", b"3", b"4"],
    "entries_added": SMALL, "entries_read": SMALL, "type": [b"string", b"hash", b"zset", b"nothing"], "clientname": [b"me", b"two words"],
    "connection-name": [b"me", b"", b"two words"], "username": CONSUMERS + [b"default"], "command-name": [b"get", b"client|list", b"nothing"],
    "event": [b"command", b"fork"], "slot": SMALL, "message": WORDS,
}
BY_NAME_AND_TYPE = {
    ("min", "string"): LEXES, ("max", "string"): LEXES, ("start", "string"): SMALL + LEXES + SCORES, ("stop", "string"): SMALL + LEXES + SCORES,
}
BY_NAME_AND_GROUP = {("start", "stream"): IDS, ("end", "stream"): IDS, ("arg", "scripting"): WORDS + [b"GET", b"DEL", b"LPOP", b"TTL", b"HGETALL"]}
BY_TYPE = {"integer": INTEGERS, "double": [b"0", b"1", b"2.5", b"-1e10", b"inf", b"x"], "string": WORDS, "pattern": PATTERNS}
TIMES = {"unix-time-seconds": UNIX_SECONDS, "unix-time-milliseconds": UNIX_MILLISECONDS}


def value_of(argument, group, random, dumps):
    """`dumps`: what DUMP says of some values."""
    name, kind = argument.name, argument.type
    if kind == "key":
        return random.choice(KEYS_OF[group] if group in KEYS_OF and random.random() < 0.8 else KEYS)
    if name == "serialized-value":
        return random.choice(dumps)
    if kind == "unix-time":
        return random.choice(TIMES[name])
    return random.choice(BY_NAME_AND_GROUP.get((name, group)) or BY_NAME_AND_TYPE.get((name, kind)) or BY_NAME.get(name) or BY_TYPE[kind])
