#!/usr/bin/python3
"""redis-py with its defaults: redis_py.py HOST PORT VARIANT. Run by Debian's own python3, which knows Debian's redis-py."""
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import redis

HOST, PORT, VARIANT = sys.argv[1], int(sys.argv[2]), sys.argv[3]
LIMIT = 3.0      # seconds; the longest blocking step waits one second
PATIENCE = 3     # steps without a reply, one after the other, before the client gives up
OPTIONS = {"host": HOST, "port": PORT}
if VARIANT == "auth":
    OPTIONS |= {"username": os.environ["MATRIX_USER"], "password": os.environ["MATRIX_PASSWORD"]}
if VARIANT == "tls":
    OPTIONS |= {"ssl": True, "ssl_ca_certs": os.environ["MATRIX_CA"]}
SCRIPT = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"
silent = 0


class NoReply(Exception):
    pass


def give_up_waiting(*_):
    raise NoReply(f"no reply within {LIMIT:.0f} s")


def printable(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, Exception):
        return {"error": str(value)}
    if isinstance(value, dict):
        return {str(printable(key)): printable(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, (set, frozenset)):
        return {"set": sorted((printable(member) for member in value), key=json.dumps)}
    if isinstance(value, (list, tuple)):
        return [printable(element) for element in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def step(name, action):
    """Runs the action and prints what it returns or raises."""
    global silent
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        line = {"step": name, "reply": printable(action())}
        silent = 0
    except Exception as error:                       # whatever a library raises is its reply
        silent = silent + 1 if isinstance(error, NoReply) else 0
        line = {"step": name, "error": f"{type(error).__name__}: {error}"}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    print(json.dumps(line), flush=True)
    if silent == PATIENCE or (name == "connect" and "error" in line):
        sys.exit(1)


def later(action):
    """Runs the action in 100 ms, when the main thread is blocked."""
    def run():
        time.sleep(0.1)
        try:
            action()
        except redis.RedisError:
            pass                                     # the step that waits for it tells
    threading.Thread(target=run, daemon=True).start()


def typed_methods(client):
    step("typed hset", lambda: client.hset("t:h", mapping={"a": 1, "b": "two"}))
    step("typed hgetall", lambda: client.hgetall("t:h"))
    step("typed zadd", lambda: client.zadd("t:z", {"a": 1.5, "b": 2}))
    step("typed zrange", lambda: client.zrange("t:z", 0, -1, withscores=True))
    step("typed set", lambda: client.set("t:s", "v", ex=100, nx=True))
    step("typed xadd", lambda: client.xadd("t:x", {"f": "v"}, id="1-1"))
    step("typed xread", lambda: client.xread({"t:x": "0"}))
    step("typed geopos", lambda: client.geopos("geo", "Palermo"))
    step("typed config get", lambda: client.config_get("maxmemory-policy"))
    step("typed command count", client.command_count)
    step("typed object encoding", lambda: client.object("encoding", "t:h"))
    step("typed geosearch", lambda: client.geosearch("geo", longitude=15, latitude=37, radius=200, unit="km", sort="ASC", withdist=True))
    step("typed zscan", lambda: client.zscan("t:z"))
    step("typed time", lambda: len(client.time()))                          # the time itself differs
    step("typed info", lambda: client.info("replication")["role"])
    step("typed client list", lambda: sorted(client.client_list()[0]))      # names: values are of one connection
    step("typed scan_iter", lambda: sorted(client.scan_iter("t:*")))


def pipeline(client):
    step("pipeline", lambda: client.pipeline().set("p", 1).incr("p").get("p").hget("p", "f").execute(raise_on_error=False))
    step("pipeline without MULTI", lambda: client.pipeline(transaction=False).set("p", 5).incr("p").hget("p", "f").execute(raise_on_error=False))

    def many():
        pipe = client.pipeline(transaction=False)
        for number in range(500):
            pipe.incrby("p", number)
        replies = pipe.execute()
        return [len(replies), replies[-1]]
    step("pipeline of 500", many)


def transaction(client, other):
    step("transaction", lambda: client.pipeline().set("tx", 1).incr("tx").get("tx").hgetall("t:h").execute())
    step("transaction with an error", lambda: client.pipeline().set("tx", 1).lpush("tx", "x").get("tx").execute())
    step("transaction refused", lambda: client.pipeline().set("tx", 9).execute_command("NOSUCH").execute())
    step("get after refused", lambda: client.get("tx"))

    def watched(change):
        with client.pipeline() as pipe:
            pipe.watch("tx")
            before = pipe.get("tx")
            if change:
                other.set("tx", "changed")
            pipe.multi()
            pipe.append("tx", "+")
            return [before, pipe.execute()]
    step("watch unchanged", lambda: watched(False))
    step("watch changed", lambda: watched(True))
    step("get after watch", lambda: client.get("tx"))

    def in_transaction(pipe):
        pipe.multi()
        pipe.set("tx", 3)
    step("transaction helper", lambda: client.transaction(in_transaction, "tx"))


def publish_and_subscribe(client):
    subscriber = client.pubsub()

    def next_message():
        return subscriber.get_message(timeout=1)
    step("subscribe", lambda: [subscriber.subscribe("news", "other"), next_message(), next_message()])
    step("psubscribe", lambda: [subscriber.psubscribe("new*"), next_message()])
    step("pubsub numsub", lambda: client.pubsub_numsub("news"))
    step("pubsub channels", lambda: sorted(client.pubsub_channels()))
    step("publish", lambda: client.publish("news", "hello"))
    step("messages", lambda: [next_message(), next_message()])
    step("ping while subscribed", lambda: [subscriber.ping(), next_message()])
    step("get while subscribed", lambda: [subscriber.execute_command("GET", "tx"), next_message()])
    step("unsubscribe", lambda: [subscriber.unsubscribe("news"), next_message()])
    step("unsubscribe all", lambda: [subscriber.unsubscribe(), next_message(), subscriber.punsubscribe(), next_message()])
    step("close subscriber", subscriber.close)


def blocking(client, other):
    step("rpush", lambda: client.rpush("b", "one", "two"))
    step("blpop at once", lambda: client.blpop("b", 1))
    step("blmove", lambda: client.blmove("b", "b2", 1))

    def woken_pop():
        later(lambda: other.rpush("b", "late"))
        return client.blpop("b", 2)
    step("blpop woken", woken_pop)
    step("bzpopmin timeout", lambda: client.bzpopmin("b:none", 1))

    def woken_read():
        later(lambda: other.xadd("b:x", {"f": "v"}, id="1-1"))
        return client.xread({"b:x": "$"}, block=2000)
    step("xread block woken", woken_read)


def scripts(client):
    step("eval", lambda: client.eval(SCRIPT, 1, "e", "a"))
    step("evalsha unknown", lambda: client.evalsha("0" * 40, 1, "e"))
    step("script load", lambda: client.script_load("return 1"))
    step("script exists", lambda: client.script_exists("0" * 40))
    registered = client.register_script(SCRIPT + " -- registered")
    step("registered script", lambda: registered(keys=["e"], args=["b"]))      # EVALSHA, SCRIPT LOAD after NOSCRIPT, EVALSHA
    step("registered script again", lambda: registered(keys=["e"], args=["b"]))
    step("eval error", lambda: client.eval("return redis.error_reply('ERR mine')", 0))
    step("eval null", lambda: client.eval("return false", 0))
    step("lock", lambda: [client.lock("e:lock", timeout=10).acquire(), client.exists("e:lock")])


def main():
    signal.signal(signal.SIGALRM, give_up_waiting)
    client, other = redis.Redis(**OPTIONS), redis.Redis(**OPTIONS)
    step("connect", client.ping)
    # Some of redis-py's conversions need what only its methods know, so the steps show the raw reply; typed_methods() shows converted ones.
    # Steps such as SELECT are of one connection: the pool gives the last one back first, so they share it.
    raw = redis.Redis(**OPTIONS)
    raw.response_callbacks.clear()
    for each in json.loads((Path(__file__).parent / "steps.json").read_text()):
        step(each["name"], lambda command=each["command"]: raw.execute_command(*command))
    typed_methods(client)
    pipeline(client)
    transaction(client, other)
    publish_and_subscribe(client)
    blocking(client, other)
    scripts(client)
    step("named connection", lambda: redis.Redis(**OPTIONS, client_name="named").client_getname())
    step("database 3", lambda: [redis.Redis(**OPTIONS, db=3).set("d", 1), redis.Redis(**OPTIONS, db=3).dbsize(), client.exists("d")])


main()
