// node-redis with its defaults: node_redis.mjs HOST PORT VARIANT
import { BasicClientSideCache, createClient } from "redis";
import { authority, eventually, host, pause, port, secret, step, steps, variant, within } from "./printing.mjs";

const options = { socket: { host, port } };
if (variant === "resp2") options.RESP = 2;      // 3 is its default
if (variant === "auth") Object.assign(options, secret);
if (variant === "tls") Object.assign(options.socket, { tls: true, ca: authority });

async function connected(client) {
    client.on("error", () => {});               // it reconnects by itself; the step that suffers tells
    await within(client.connect());
    return client;
}

const client = createClient(options);
await step("connect", async () => (await connected(client)).isReady);
const other = await connected(client.duplicate());
const subscriber = await connected(client.duplicate());
const blocker = await connected(client.duplicate());     // in RESP 2 node-redis itself misreads replies on what was a subscriber

for (const { name, command } of steps) await step(name, () => client.sendCommand(command));

async function typedMethods() {
    await step("typed hSet", () => client.hSet("t:h", { a: "1", b: "two" }));
    await step("typed hGetAll", () => client.hGetAll("t:h"));
    await step("typed zAdd", () => client.zAdd("t:z", [{ score: 1.5, value: "a" }, { score: 2, value: "b" }]));
    await step("typed zRangeWithScores", () => client.zRangeWithScores("t:z", 0, -1));
    await step("typed zScore", () => client.zScore("t:z", "a"));
    await step("typed sMembers", async () => client.sMembers("t:none"));
    await step("typed set options", () => client.set("t:s", "v", { expiration: { type: "EX", value: 100 }, condition: "NX" }));
    await step("typed xAdd", () => client.xAdd("t:x", "1-1", { f: "v" }));
    await step("typed xRead", () => client.xRead({ key: "t:x", id: "0" }));
    await step("typed geoPos", () => client.geoPos("geo", "Palermo"));
    await step("typed configGet", () => client.configGet("maxmemory-policy"));
    await step("typed scanIterator", async () => {
        const keys = [];
        for await (const page of client.scanIterator({ MATCH: "t:*", COUNT: 100 })) keys.push(...page);
        return keys.sort();
    });
}

async function pipeline() {
    await step("pipeline", () => Promise.all([client.set("p", "1"), client.incr("p"), client.get("p"),
        client.hGet("p", "f").catch((error) => error)]));
    await step("pipeline without MULTI", () => client.multi().set("p", "5").incr("p").execAsPipeline());
    await step("pipeline of 500", async () => {
        const replies = await Promise.all(Array.from({ length: 500 }, (_, i) => client.incrBy("p", i)));
        return [replies.length, replies.at(-1)];
    });
}

async function transaction() {
    await step("transaction", () => client.multi().set("tx", "1").incr("tx").get("tx").hGetAll("t:h").exec());
    await step("transaction with an error", () => client.multi().set("tx", "1").lPush("tx", "x").get("tx").execAsPipeline());
    await step("transaction refused", () => client.multi().set("tx", "9").addCommand(["NOSUCH"]).exec());
    await step("get after refused", () => client.get("tx"));
    await step("watch unchanged", async () => {
        await client.watch("tx");
        return client.multi().incr("tx").exec();
    });
    await step("watch changed", async () => {
        await client.watch("tx");
        await other.set("tx", "changed");
        return client.multi().set("tx", "lost").exec();
    });
    await step("get after watch", () => client.get("tx"));
    await step("unwatch", async () => {
        await client.watch("tx");
        return client.unwatch();
    });
}

async function publishAndSubscribe() {
    const messages = [];
    const note = (kind) => (message, channel) => messages.push([kind, channel, message]);
    await step("subscribe", () => subscriber.subscribe("news", note("message")));
    await step("psubscribe", () => subscriber.pSubscribe("new*", note("pmessage")));
    await step("ssubscribe", () => subscriber.sSubscribe("shard", note("smessage")));
    await step("pubsub numsub", () => client.pubSubNumSub("news"));
    await step("publish", () => client.publish("news", "hello"));
    await step("spublish", () => client.sPublish("shard", "hello"));
    await step("messages", async () => {
        await eventually(() => messages.length >= 3);
        return messages.sort();
    });
    await step("ping while subscribed", () => subscriber.ping());
    await step("unsubscribe", () => subscriber.unsubscribe());
    await step("punsubscribe", () => subscriber.pUnsubscribe());
    await step("sunsubscribe", () => subscriber.sUnsubscribe());
    await step("get after unsubscribe", () => subscriber.get("tx"));
}

async function blocking() {
    await client.rPush("b", ["one", "two"]).catch(() => {});
    await step("blpop at once", () => blocker.blPop("b", 1));
    await step("blmove", () => blocker.blMove("b", "b2", "LEFT", "RIGHT", 1));
    await step("blpop woken", async () => {
        const popped = blocker.blPop("b", 2);
        popped.catch(() => {});
        await pause(100);
        await client.rPush("b", "late");
        return popped;
    });
    await step("bzpopmin timeout", () => blocker.bzPopMin("b:none", 0.2));
    await step("xread block woken", async () => {
        const read = blocker.xRead({ key: "b:x", id: "$" }, { BLOCK: 2000 });
        read.catch(() => {});
        await pause(100);
        await client.xAdd("b:x", "1-1", { f: "v" });
        return read;
    });
}

async function scripts() {
    const text = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
    await step("eval", () => client.eval(text, { keys: ["e"], arguments: ["a"] }));
    await step("evalsha unknown", () => client.evalSha("0".repeat(40), { keys: ["e"] }));
    await step("script load", () => client.scriptLoad(text));
    await step("evalsha", async () => client.evalSha(await client.scriptLoad(text), { keys: ["e"], arguments: ["b"] }));
    await step("script exists", () => client.scriptExists(["0".repeat(40)]));
    await step("eval error", () => client.eval("return redis.error_reply('ERR mine')"));
    await step("eval null", () => client.eval("return false"));
}

// Only RESP 3 can carry the invalidations.
async function caching() {
    const cache = new BasicClientSideCache();
    const reader = createClient({ ...options, clientSideCache: cache });
    await step("cache connect", async () => (await connected(reader)).isReady);
    await step("cache fill", async () => {
        await client.set("c", "old");
        return [await reader.get("c"), await reader.get("c"), cache.stats().hitCount, cache.size()];
    });
    await step("cache invalidated", async () => {
        await client.set("c", "new");
        await eventually(() => cache.size() === 0);
        return [cache.size(), await reader.get("c"), await reader.get("c")];
    });
    await step("cache flushed", async () => {
        await client.flushDb();
        await eventually(() => cache.size() === 0);
        return [cache.size(), await reader.get("c")];
    });
    await step("cache close", () => reader.close());
}

for (const part of [typedMethods, pipeline, transaction, publishAndSubscribe, blocking, scripts]) await part();
if (variant !== "resp2") await caching();
await step("close", () => Promise.all([client, other, subscriber, blocker].map((open) => open.close())));
process.exit(0);
