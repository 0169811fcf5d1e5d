// A key that changes at the server changes at a client that caches it, without polling: cache_invalidation.mjs HOST PORT KEY [set]
//
// KEY is a mapped key whose query gives another value each time, with a TTL of a second or so:
//     query = "SELECT clock_timestamp()::text"    ttl = "1s"    ttl_jitter = 0    negative_ttl = 0
// With `set` there is no mapping: the script sets the key itself before each read, which tries the script against Redis alone.
// Prints a line per finding; ends with 1 at the first that is wrong.
import { BasicClientSideCache, createClient } from "redis";

const [host, port, key, mode] = process.argv.slice(2);
const ttl = 1000;              // ms, in `set` mode
const limit = 10_000;          // ms until an invalidation must have come
const socket = { host, port: Number(port) };
const cache = new BasicClientSideCache();
const reader = createClient({ socket, RESP: 3, clientSideCache: cache });
const other = createClient({ socket });

function check(holds, what) {
    console.log(`${holds ? "yes" : "NO "}  ${what}`);
    if (!holds) process.exit(1);
}

let written = 0;
async function store() {
    if (mode === "set") await other.set(key, `value ${++written}`, { expiration: { type: "PX", value: ttl } });
}

// Looks at the client's own cache only: nothing is sent to the server, so it must speak first.
async function invalidated() {
    for (let waited = 0; cache.size() > 0 && waited < limit; waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
    return cache.size() === 0;
}

// Reads twice: the first is a miss of the cache, the second is answered by it.
async function readTwice(what) {
    const hits = cache.stats().hitCount;
    const value = await reader.get(key);
    check(typeof value === "string" && value !== "", `${what}: the key has a value: ${value}`);
    check((await reader.get(key)) === value && cache.stats().hitCount === hits + 1, `${what}: the second read is answered from the client's cache`);
    return value;
}

for (const client of [reader, other]) client.on("error", (error) => check(false, `connected: ${error.message}`));
await Promise.all([reader.connect(), other.connect()]);
await store();
const first = await readTwice("at first");
check((await other.del(key)) === 1, "another client's DEL removes the key");
check(await invalidated(), "DEL: the server invalidates the key at the client");
await store();
const second = await readTwice("after DEL");
check(second !== first, "after DEL: the value is a new one");
check(await invalidated(), "TTL: the server invalidates the key at the client when its time has passed");
await store();
const third = await readTwice("after the TTL");
check(third !== second, "after the TTL: the value is a new one");
await Promise.all([reader.close(), other.close()]);
