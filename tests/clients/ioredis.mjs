// ioredis with its defaults: ioredis.mjs HOST PORT VARIANT
import Redis from "ioredis";
import { authority, eventually, host, pause, port, secret, step, steps, variant, within } from "./printing.mjs";

const options = { host, port };
if (variant === "resp2") options.protocol = 2;      // 3 is its default
if (variant === "auth") Object.assign(options, secret);
if (variant === "tls") options.tls = { ca: authority };

function opened() {
    const client = new Redis(options);
    client.on("error", () => {});                   // it reconnects by itself; the step that suffers tells
    return client;
}

const client = opened();
await step("connect", () => new Promise((resolve, reject) => {
    client.once("ready", () => resolve(client.status));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed before it was ready")));
}));
const other = opened();
const subscriber = opened();

for (const { name, command } of steps) await step(name, () => client.call(...command));

async function typedMethods() {
    await step("typed hset", () => client.hset("t:h", { a: "1", b: "two" }));
    await step("typed hgetall", () => client.hgetall("t:h"));
    await step("typed zadd", () => client.zadd("t:z", 1.5, "a", 2, "b"));
    await step("typed zrange", () => client.zrange("t:z", 0, -1, "WITHSCORES"));
    await step("typed mset", () => client.mset(new Map([["t:m1", "1"], ["t:m2", "2"]])));
    await step("typed mget", () => client.mget(["t:m1", "t:none"]));
    await step("typed getBuffer", () => client.getBuffer("bin"));
    await step("typed xadd", () => client.xadd("t:x", "1-1", "f", "v"));
    await step("typed xread", () => client.xread("STREAMS", "t:x", "0"));
    await step("typed scanStream", async () => {
        const keys = [];
        for await (const page of client.scanStream({ match: "t:*", count: 100 })) keys.push(...page);
        return keys.sort();
    });
}

async function pipeline() {
    await step("pipeline", () => client.pipeline().set("p", "1").incr("p").get("p").hget("p", "f").exec());
    await step("pipeline of 500", async () => {
        const many = client.pipeline();
        for (let i = 0; i < 500; ++i) many.incrby("p", i);
        const replies = await many.exec();
        return [replies.length, replies.at(-1)];
    });
    await step("commands at once", () => Promise.all([client.set("p", "1"), client.incr("p"), client.get("p")]));
}

async function transaction() {
    await step("transaction", () => client.multi().set("tx", "1").incr("tx").get("tx").hgetall("t:h").exec());
    await step("transaction with an error", () => client.multi().set("tx", "1").lpush("tx", "x").get("tx").exec());
    await step("transaction refused", () => client.multi().set("tx", "9").call("NOSUCH").exec());
    await step("get after refused", () => client.get("tx"));
    await step("transaction unpipelined", async () => {
        const replies = [await client.multi({ pipeline: false })];
        replies.push(await client.set("tx", "2"), await client.get("tx"), await client.exec());
        return replies;
    });
    await step("discard", async () => {
        const replies = [await client.multi({ pipeline: false })];
        replies.push(await client.set("tx", "lost"), await client.discard(), await client.get("tx"));
        return replies;
    });
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
}

async function publishAndSubscribe() {
    const messages = [];
    subscriber.on("message", (channel, message) => messages.push(["message", channel, message]));
    subscriber.on("pmessage", (pattern, channel, message) => messages.push(["pmessage", pattern, channel, message]));
    subscriber.on("smessage", (channel, message) => messages.push(["smessage", channel, message]));
    await step("subscribe", () => subscriber.subscribe("news", "other"));
    await step("psubscribe", () => subscriber.psubscribe("new*"));
    await step("ssubscribe", () => subscriber.ssubscribe("shard"));
    await step("pubsub numsub", () => client.pubsub("NUMSUB", "news"));
    await step("publish", () => client.publish("news", "hello"));
    await step("spublish", () => client.spublish("shard", "hello"));
    await step("messages", async () => {
        await eventually(() => messages.length >= 3);
        return messages.sort();
    });
    await step("ping while subscribed", () => subscriber.ping());
    await step("get while subscribed", () => subscriber.get("tx"));
    await step("unsubscribe", () => subscriber.unsubscribe("news", "other"));
    await step("punsubscribe", () => subscriber.punsubscribe("new*"));
    await step("sunsubscribe", () => subscriber.sunsubscribe("shard"));
    await step("get after unsubscribe", () => subscriber.get("tx"));
}

async function blocking() {
    await client.rpush("b", "one", "two").catch(() => {});
    await step("blpop at once", () => subscriber.blpop("b", 1));
    await step("blmove", () => subscriber.blmove("b", "b2", "LEFT", "RIGHT", 1));
    await step("blpop woken", async () => {
        const popped = subscriber.blpop("b", 2);
        popped.catch(() => {});
        await pause(100);
        await client.rpush("b", "late");
        return popped;
    });
    await step("bzpopmin timeout", () => subscriber.bzpopmin("b:none", 0.2));
    await step("xread block woken", async () => {
        const read = subscriber.xread("BLOCK", 2000, "STREAMS", "b:x", "$");
        read.catch(() => {});
        await pause(100);
        await client.xadd("b:x", "1-1", "f", "v");
        return read;
    });
}

async function scripts() {
    const text = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
    await step("eval", () => client.eval(text, 1, "e", "a"));
    await step("evalsha unknown", () => client.evalsha("0".repeat(40), 1, "e"));
    await step("evalsha", async () => client.evalsha(await client.script("LOAD", text), 1, "e", "b"));
    await step("script exists", () => client.script("EXISTS", "0".repeat(40)));
    client.defineCommand("twice", { numberOfKeys: 1, lua: "return redis.call('INCRBY', KEYS[1], 2 * ARGV[1])" });
    await step("defined command", () => client.twice("e", 4));      // EVALSHA, and EVAL after NOSCRIPT
    await step("defined command again", () => client.twice("e", 4));
    await step("eval error", () => client.eval("return redis.error_reply('ERR mine')", 0));
    await step("eval null", () => client.eval("return false", 0));
}

for (const part of [typedMethods, pipeline, transaction, publishAndSubscribe, blocking, scripts]) await part();
await step("quit", () => Promise.all([client, other, subscriber].map((open) => within(open.quit()))));
process.exit(0);
