<?php
// phpredis with its defaults: php_redis.php HOST PORT VARIANT. Speaks RESP 2 only.
// On a lost connection it tries again with random pauses, so where it gives up in front of a server that hangs up often (nutcracker) varies.
error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING);
[, $host, $port, $variant] = $argv;
$patience = 3;      // steps without a reply, one after the other, before the client gives up
$silent = 0;

function connected(): Redis {
    global $host, $port, $variant;
    $client = new Redis();
    if ($variant === "tls") {
        $client->connect("tls://$host", (int)$port, 3, null, 0, 0, ["stream" => ["cafile" => getenv("MATRIX_CA"), "verify_peer_name" => false]]);
    } else {
        $client->connect($host, (int)$port, 3);
    }
    if ($variant === "auth") $client->auth([getenv("MATRIX_USER"), getenv("MATRIX_PASSWORD")]);
    return $client;
}

// JSON has no bytes: what is not UTF-8 is shown in hexadecimal.
function printable($value) {
    if (is_string($value)) return preg_match("//u", $value) ? $value : ["hex" => bin2hex($value)];
    if (is_float($value) && !is_finite($value)) return ["number" => (string)$value];
    if (!is_array($value)) return is_object($value) ? get_class($value) : $value;
    $printed = array_map("printable", $value);
    if (!array_is_list($printed)) ksort($printed, SORT_STRING);
    return $printed;
}

// Runs the action and prints what it returns, with the server's error beside it: phpredis returns false then.
function step(string $name, callable $action): void {
    global $client, $silent, $patience;
    $begun = microtime(true);
    try {
        if ($name !== "connect") $client->clearLastError();
        $line = ["step" => $name, "reply" => printable($action())];
        if ($client->isConnected() && $client->getLastError() !== null) $line["error"] = $client->getLastError();
        $silent = 0;
    } catch (Throwable $error) {
        $line = ["step" => $name, "error" => get_class($error) . ": " . preg_replace("/127\.0\.0\.1:\d+/", "HOST:PORT", $error->getMessage())];
        $silent = microtime(true) - $begun > 2 ? $silent + 1 : 0;      // a lost connection answers at once
        try { $client = connected(); } catch (Throwable) { }     // as an application would; the next step tells if it failed
    }
    echo json_encode($line, JSON_INVALID_UTF8_SUBSTITUTE), "\n";
    if ($silent === $patience || ($name === "connect" && isset($line["error"]))) exit(1);
}

// Runs the action in a process of its own in 100 ms, when this one is blocked.
function later(callable $action): int {
    $process = pcntl_fork();
    if ($process === 0) {
        usleep(100000);
        try { $action(connected()); } catch (Throwable) { }     // the step that waits for it tells
        posix_kill(getmypid(), SIGKILL);                        // without closing the parent's connections
    }
    return $process;
}

function typed_methods(): void {
    global $client;
    step("typed hMSet", fn() => $client->hMSet("t:h", ["a" => 1, "b" => "two"]));
    step("typed hGetAll", fn() => $client->hGetAll("t:h"));
    step("typed zAdd", fn() => $client->zAdd("t:z", 1.5, "a", 2, "b"));
    step("typed zRange", fn() => $client->zRange("t:z", 0, -1, true));
    step("typed set", fn() => $client->set("t:s", "v", ["nx", "ex" => 100]));
    step("typed mGet", fn() => $client->mGet(["t:s", "t:none"]));
    step("typed xAdd", fn() => $client->xAdd("t:x", "1-1", ["f" => "v"]));
    step("typed xRead", fn() => $client->xRead(["t:x" => "0"]));
    step("typed geopos", fn() => $client->geopos("geo", "Palermo"));
    step("typed config", fn() => $client->config("GET", "maxmemory-policy"));
    step("typed info", fn() => $client->info("replication")["role"]);
    step("typed type", fn() => $client->type("t:z"));
    step("typed select", fn() => [$client->select(1), $client->dbSize(), $client->select(0)]);
    step("typed scan", function () use (&$client) {
        [$cursor, $keys] = [null, []];
        while (($page = $client->scan($cursor, "t:*", 100)) !== false) $keys = array_merge($keys, $page);
        sort($keys);
        return $keys;
    });
}

function pipelines_and_transactions(): void {
    global $client;
    step("pipeline", fn() => $client->pipeline()->set("p", 1)->incr("p")->hGet("p", "f")->get("p")->exec());
    step("pipeline of 500", function () use (&$client) {
        $pipe = $client->pipeline();
        for ($i = 0; $i < 500; ++$i) $pipe->incrBy("p", $i);
        $replies = $pipe->exec();
        return [count($replies), end($replies)];
    });
    step("transaction", fn() => $client->multi()->set("tx", 1)->incr("tx")->get("tx")->hGetAll("t:h")->exec());
    step("transaction with an error", fn() => $client->multi()->set("tx", 1)->lPush("tx", "x")->get("tx")->exec());
    step("discard", function () use (&$client) {
        $client->multi()->set("tx", "lost");
        return [$client->discard(), $client->get("tx")];
    });
    step("watch unchanged", fn() => [$client->watch("tx"), $client->multi()->incr("tx")->exec()]);
    step("watch changed", fn() => [$client->watch("tx"), connected()->set("tx", "changed"), $client->multi()->set("tx", "lost")->exec()]);
    step("get after watch", fn() => $client->get("tx"));
    step("unwatch", fn() => [$client->watch("tx"), $client->unwatch()]);
}

function publish_and_subscribe(): void {
    global $client;
    step("publish to none", fn() => $client->publish("news", "hello"));
    foreach (["subscribe" => ["news", "other"], "psubscribe" => ["new*"]] as $method => $channels) {
        step($method, function () use (&$client, $method, $channels) {
            $messages = [];
            $publisher = later(fn($other) => $other->publish("news", "hello"));
            try {
                $client->$method($channels, function ($subscriber, ...$message) use (&$messages) {
                    $messages[] = $message;
                    throw new LengthException("enough");      // the way out of phpredis' loop
                });
            } catch (LengthException) { }
            pcntl_waitpid($publisher, $status);
            $client = connected();                            // the other one is still subscribed
            return $messages;
        });
    }
    step("get after subscribing", fn() => $client->get("tx"));
    step("pubsub channels", fn() => $client->pubsub("channels", "*"));
}

function blocking(): void {
    global $client;
    step("rPush", fn() => $client->rPush("b", "one", "two"));
    step("blPop at once", fn() => $client->blPop(["none", "b"], 1));
    step("brpoplpush", fn() => $client->brpoplpush("b", "b2", 1));
    step("blPop woken", function () use (&$client) {
        $pusher = later(fn($other) => $other->rPush("b", "late"));
        $popped = $client->blPop(["b"], 2);
        pcntl_waitpid($pusher, $status);
        return $popped;
    });
    step("bzPopMin timeout", fn() => $client->bzPopMin(["none"], 1));
    step("xRead block timeout", fn() => $client->xRead(["t:x" => '$'], -1, 100));
}

function scripts(): void {
    global $client;
    $text = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
    step("eval", fn() => $client->eval($text, ["e", "a"], 1));
    step("evalSha", fn() => $client->evalSha(sha1($text), ["e", "b"], 1));
    step("evalSha unknown", fn() => $client->evalSha(str_repeat("0", 40)));
    step("script load", fn() => $client->script("load", $text));
    step("script exists", fn() => $client->script("exists", sha1($text), "nosuch"));
    step("eval error", fn() => $client->eval("return redis.error_reply('ERR mine')"));
    step("eval false", fn() => $client->eval("return false"));
}

$client = new Redis();
step("connect", function () {
    global $client;
    $client = connected();                         // throws if it cannot
    return $client->ping();
});
foreach (json_decode(file_get_contents(__DIR__ . "/steps.json"), true) as $each)
    step($each["name"], fn() => $client->rawCommand(...$each["command"]));
typed_methods();
pipelines_and_transactions();
publish_and_subscribe();
blocking();
scripts();
step("close", fn() => $client->close());
