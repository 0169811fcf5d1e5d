// hiredis as it is: hiredis HOST PORT VARIANT. Debian's has neither RESP 3 nor TLS, so its variants are resp2 and auth.
// matrix_steps.h holds steps.json as C; run.py writes it.
#include <hiredis/hiredis.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "matrix_steps.h"

enum { patience = 3 };      // connections lost without a reply, one after the other, before the client gives up

static const char* host;
static int port;
static const char* variant;
static int silent = 0;

static void print_text(const char* text, size_t length) {
    putchar('"');
    for (size_t i = 0; i < length; ++i) {
        const unsigned char byte = (unsigned char)text[i];
        if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') printf("\\u%04x", byte);
        else putchar(byte);
    }
    putchar('"');
}

static void print_reply(const redisReply* reply) {
    switch (reply->type) {
        case REDIS_REPLY_INTEGER: printf("%lld", reply->integer); break;
        case REDIS_REPLY_NIL: printf("null"); break;
        case REDIS_REPLY_ARRAY:
            putchar('[');
            for (size_t i = 0; i < reply->elements; ++i) {
                if (i) putchar(',');
                print_reply(reply->element[i]);
            }
            putchar(']');
            break;
        case REDIS_REPLY_ERROR:
        case REDIS_REPLY_STATUS:      // "OK" as a status is not "OK" as a string
            printf("{\"%s\":", reply->type == REDIS_REPLY_ERROR ? "error" : "status");
            print_text(reply->str, (size_t)reply->len);
            putchar('}');
            break;
        default: print_text(reply->str, (size_t)reply->len);
    }
}

static redisContext* connected(void) {
    const struct timeval limit = {3, 0};
    redisContext* context = redisConnectWithTimeout(host, port, limit);
    if (context == NULL || context->err) {
        printf("{\"step\":\"connect\",\"error\":\"%s\"}\n", context ? context->errstr : "out of memory");
        exit(1);
    }
    redisSetTimeout(context, limit);
    if (strcmp(variant, "auth") == 0) {
        redisReply* reply = redisCommand(context, "AUTH %s %s", getenv("MATRIX_USER"), getenv("MATRIX_PASSWORD"));
        if (reply) freeReplyObject(reply);
    }
    return context;
}

// Prints a step's reply; a lost connection is replaced, as an application would.
static void show(redisContext** context, const char* name, redisReply* reply) {
    printf("{\"step\":");
    print_text(name, strlen(name));
    if (reply) {
        printf(",\"reply\":");
        print_reply(reply);
        freeReplyObject(reply);
        silent = 0;
    } else {
        printf(",\"error\":");
        print_text((*context)->errstr, strlen((*context)->errstr));
        silent = (*context)->err == REDIS_ERR_IO ? silent + 1 : 0;
    }
    puts("}");
    fflush(stdout);
    if (silent == patience) exit(1);
    if (reply == NULL) {
        redisFree(*context);
        *context = connected();
    }
}

static void step(redisContext** context, const char* name, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    redisReply* reply = redisvCommand(*context, format, arguments);
    va_end(arguments);
    show(context, name, reply);
}

// A reply to what was sent before, or a message.
static void next(redisContext** context, const char* name) {
    redisReply* reply = NULL;
    if (redisGetReply(*context, (void**)&reply) != REDIS_OK) reply = NULL;
    show(context, name, reply);
}

static void pipeline(redisContext** client) {
    redisAppendCommand(*client, "SET p 1");
    redisAppendCommand(*client, "INCR p");
    redisAppendCommand(*client, "HGET p f");
    redisAppendCommand(*client, "GET p");
    next(client, "pipeline 1");
    next(client, "pipeline 2");
    next(client, "pipeline 3");
    next(client, "pipeline 4");
}

static void transaction(redisContext** client, redisContext** other) {
    step(client, "multi", "MULTI");
    step(client, "queued set", "SET tx 1");
    step(client, "queued lpush", "LPUSH tx x");
    step(client, "queued hgetall", "HGETALL h:one");
    step(client, "exec", "EXEC");
    step(client, "multi nested", "MULTI");
    step(client, "multi in multi", "MULTI");
    step(client, "watch in multi", "WATCH tx");
    step(client, "queued unknown", "NOSUCH");
    step(client, "exec refused", "EXEC");
    step(client, "multi again", "MULTI");
    step(client, "queued lost", "SET tx lost");
    step(client, "discard", "DISCARD");
    step(client, "watch", "WATCH tx absent");
    step(other, "other set", "SET tx changed");
    step(client, "multi after watch", "MULTI");
    step(client, "queued after watch", "SET tx lost");
    step(client, "exec after watch", "EXEC");
    step(client, "get after watch", "GET tx");
    step(client, "watch again", "WATCH tx");
    step(client, "unwatch", "UNWATCH");
}

static void publish_and_subscribe(redisContext** client, redisContext** subscriber) {
    step(subscriber, "subscribe", "SUBSCRIBE news other");
    next(subscriber, "subscribe second");
    step(subscriber, "psubscribe", "PSUBSCRIBE new*");
    step(subscriber, "ssubscribe", "SSUBSCRIBE shard");
    step(client, "pubsub numsub", "PUBSUB NUMSUB news other");
    step(client, "pubsub numpat", "PUBSUB NUMPAT");
    step(client, "publish", "PUBLISH news %b", "h\0i", (size_t)3);
    next(subscriber, "message");
    next(subscriber, "pmessage");
    step(client, "spublish", "SPUBLISH shard hello");
    next(subscriber, "smessage");
    step(subscriber, "ping while subscribed", "PING text");
    step(subscriber, "get while subscribed", "GET tx");
    step(subscriber, "unsubscribe", "UNSUBSCRIBE news other");
    next(subscriber, "unsubscribe second");
    step(subscriber, "punsubscribe", "PUNSUBSCRIBE new*");
    step(subscriber, "sunsubscribe", "SUNSUBSCRIBE shard");
    step(subscriber, "unsubscribe from none", "UNSUBSCRIBE");
    step(subscriber, "get after unsubscribe", "GET tx");
    step(subscriber, "subscribe again", "SUBSCRIBE news");
    step(subscriber, "reset", "RESET");
    if (strcmp(variant, "auth") == 0) step(subscriber, "auth after reset", "AUTH %s %s", getenv("MATRIX_USER"), getenv("MATRIX_PASSWORD"));
    step(subscriber, "get after reset", "GET tx");
}

// Wakes a blocked client from a thread, with a connection of its own.
static void* wake(void* command) {
    redisContext* context = connected();
    usleep(100 * 1000);
    redisReply* reply = redisCommand(context, command);
    if (reply) freeReplyObject(reply);
    redisFree(context);
    return NULL;
}

static void woken(redisContext** client, const char* name, const char* command, const char* waker) {
    pthread_t thread;
    pthread_create(&thread, NULL, wake, (void*)waker);
    step(client, name, command);
    pthread_join(thread, NULL);
}

static void blocking(redisContext** client) {
    step(client, "rpush", "RPUSH b one two");
    step(client, "blpop at once", "BLPOP none b 1");
    step(client, "blmove", "BLMOVE b b2 LEFT RIGHT 1");
    woken(client, "blpop woken", "BLPOP b 2", "RPUSH b late");
    woken(client, "brpoplpush woken", "BRPOPLPUSH b b2 2", "RPUSH b late");
    step(client, "blpop timeout", "BLPOP b 0.1");
    step(client, "blmpop timeout", "BLMPOP 0.1 1 b LEFT");
    step(client, "bzpopmin timeout", "BZPOPMIN none 0.1");
    woken(client, "xread block woken", "XREAD BLOCK 2000 STREAMS b:x $", "XADD b:x 1-1 f v");
    step(client, "xread block timeout", "XREAD BLOCK 100 STREAMS b:x $");
    step(client, "xgroup", "XGROUP CREATE b:x g $");
    woken(client, "xreadgroup block woken", "XREADGROUP GROUP g me BLOCK 2000 STREAMS b:x >", "XADD b:x 2-1 f v");
    step(client, "wait", "WAIT 1 100");
    step(client, "blpop wrong type", "BLPOP b:x 1");
    step(client, "blpop wrong timeout", "BLPOP b soon");
}

static void scripts(redisContext** client) {
    const char* text = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}";
    const char* sum = "c79e4384ae2352bd9f80228d59b78b274fbb242f";      // of that text
    step(client, "eval", "EVAL %s 1 e a", text);
    step(client, "evalsha", "EVALSHA %s 1 e b", sum);
    step(client, "evalsha unknown", "EVALSHA %s 0", "0000000000000000000000000000000000000000");
    step(client, "script load", "SCRIPT LOAD %s", text);
    step(client, "script exists", "SCRIPT EXISTS %s nosuch", sum);
    step(client, "eval_ro", "EVAL_RO %s 1 e", "return redis.call('GET', KEYS[1])");
    step(client, "eval_ro writing", "EVAL_RO %s 1 e", "return redis.call('SET', KEYS[1], 'x')");
    step(client, "eval error", "EVAL %s 0", "return redis.error_reply('ERR mine')");
    step(client, "eval false", "EVAL %s 0", "return false");
    step(client, "eval numkeys wrong", "EVAL %s 5 e", text);
    step(client, "script flush", "SCRIPT FLUSH");
    step(client, "evalsha after flush", "EVALSHA %s 1 e b", sum);
}

int main(int count, char** arguments) {
    if (count != 4) return 2;
    host = arguments[1];
    port = atoi(arguments[2]);
    variant = arguments[3];
    redisContext* client = connected();
    redisContext* other = connected();
    redisContext* subscriber = connected();
    puts("{\"step\":\"connect\",\"reply\":\"connected\"}");
    for (size_t i = 0; i < sizeof matrix_steps / sizeof matrix_steps[0]; ++i) {
        const struct matrix_step* each = &matrix_steps[i];
        show(&client, each->name, redisCommandArgv(client, each->count, (const char**)each->arguments, each->lengths));
    }
    pipeline(&client);
    transaction(&client, &other);
    publish_and_subscribe(&client, &subscriber);
    blocking(&client);
    scripts(&client);
    step(&client, "quit", "QUIT");
    return 0;
}
