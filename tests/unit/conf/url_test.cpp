#include "conf/values/postgres_url.hpp"
#include "conf/values/redis_url.hpp"

#include <catch2/catch.hpp>

using namespace respgres::conf;

namespace {

redis_settings redis(std::string_view url) {
    redis_settings out;
    INFO(url);
    CHECK(read_redis_url(url, out) == "");
    return out;
}

// The complaint without its closing advice on percent-encoding.
std::string redis_complaint(std::string_view url) {
    redis_settings out;
    const auto wrong = read_redis_url(url, out);
    const std::string advice = " (in user and password, percent-encode '/', '?', '#', ':', '@' and '%')";
    return wrong.ends_with(advice) ? wrong.substr(0, wrong.size() - advice.size()) : "NO ADVICE: " + wrong;
}

std::string postgres_complaint(std::string_view url) {
    bool has_password = false;
    return check_postgres_url(url, has_password);
}

bool has_password(std::string_view url) {
    bool found = false;
    INFO(url);
    CHECK(check_postgres_url(url, found) == "");
    return found;
}

}  // namespace

TEST_CASE("redis url: host, port, database, user and password", "[conf]") {
    CHECK(to_string(redis("redis://127.0.0.1:6379/0").address) == "127.0.0.1:6379");
    CHECK(to_string(redis("redis://cache").address) == "cache:6379");
    CHECK(to_string(redis("redis://cache/").address) == "cache:6379");
    CHECK(to_string(redis("redis://[::1]:7000").address) == "[::1]:7000");
    CHECK(to_string(redis("redis://[::1]").address) == "[::1]:6379");
    CHECK(redis("redis://cache/15").database == 15);
    CHECK(redis("redis://cache").database == 0);

    const auto full = redis("redis://us%20er:p%40ss%2Fw%3A%25@cache:7000/3");
    CHECK(full.user == "us er");
    CHECK(full.password == "p@ss/w:%");
    CHECK(full.database == 3);
    CHECK(to_string(full.address) == "cache:7000");

    CHECK(redis("redis://:secret@cache").user == "");
    CHECK(redis("redis://:secret@cache").password == "secret");
    CHECK(redis("redis://:a:b@c@cache").password == "a:b@c");   // the last '@' ends it, the first ':' begins it
}

TEST_CASE("redis url: rediss:// is redis:// over TLS", "[conf]") {
    CHECK(to_string(redis("rediss://cache").address) == "tls:cache:6379");
    CHECK(redis("rediss://u:p@cache:7000/3").database == 3);
    CHECK_FALSE(redis("redis://cache").address.tls);
}

TEST_CASE("redis url: a Unix socket", "[conf]") {
    CHECK(redis("unix:///run/redis.sock").address.path == "/run/redis.sock");
    CHECK(redis("unix:///run/redis.sock").address.host.empty());
    CHECK(redis("unix:///run/redis.sock?db=4").database == 4);
    CHECK(redis("unix:///a%20b").address.path == "/a b");
    CHECK(redis("unix://:secret@/run/redis.sock").password == "secret");
}

TEST_CASE("redis url: what is wrong is said without a word of the url", "[conf]") {
    CHECK(redis_complaint("redis://u:hun/ter2@cache") == "the port is not a number from 0 to 65535");
    CHECK(redis_complaint("redis://:p%4@cache") ==
          "a '%' in user or password is not followed by two hexadecimal digits (write %25 for '%')");
    CHECK(redis_complaint("redis://:p%zz@cache") ==
          "a '%' in user or password is not followed by two hexadecimal digits (write %25 for '%')");
    CHECK(redis_complaint("redis://:hunter#2@cache") == "write %23 for '#'");
    CHECK(redis_complaint("redis://cache/x") == "the database is not a number; write redis://host:port/0 or unix:///path?db=0");
    CHECK(redis_complaint("redis://cache/-1") == "the database is not a number; write redis://host:port/0 or unix:///path?db=0");
    CHECK(redis_complaint("redis://cache/4294967296") == "the database is not a number; write redis://host:port/0 or unix:///path?db=0");
    CHECK(redis_complaint("redis://cache?db=1") == "a redis:// address takes no parameters after '?'");
    CHECK(redis_complaint("redis://") == "the host is missing; write HOST:PORT");
    CHECK(redis_complaint("redis://cache:0") == "the port is not a number from 1 to 65535");
    CHECK(redis_complaint("redis://::1:6379") == "an IPv6 address needs brackets; write [::1]:PORT");
    CHECK(redis_complaint("unix://cache/run/a") == "a Unix socket has no host; write unix:///path");
    CHECK(redis_complaint("unix://") == "the path of a Unix socket must be absolute; write unix:/path");
    CHECK(redis_complaint("unix:///run/a?x=1") == "the only parameter of a unix:// address is db; write unix:///path?db=0");
    CHECK(redis_complaint("unix:///run/%00") == "the path of a Unix socket contains a control character");

    redis_settings out;
    CHECK(read_redis_url("cache:6379", out) == "must begin with redis://, rediss:// or unix://");
    CHECK(read_redis_url("hunter2://x", out) == "must begin with redis://, rediss:// or unix://");
    CHECK(read_redis_url("redis+sentinel://a:1,b:2/x", out) ==
          "redis+sentinel:// is not supported yet; use redis://, rediss:// or unix://");
    CHECK(read_redis_url("redis+cluster://a:1", out) == "redis+cluster:// is not supported yet; use redis://, rediss:// or unix://");
}

TEST_CASE("postgres url: both forms that libpq takes, and whether they hold a password", "[conf]") {
    CHECK_FALSE(has_password("postgresql://app@127.0.0.1:5432/betting"));
    CHECK_FALSE(has_password("postgres://"));
    CHECK_FALSE(has_password("postgresql:///db?host=/run/postgresql"));
    CHECK_FALSE(has_password("postgresql://h1:1,h2:2/db"));
    CHECK_FALSE(has_password("postgresql://app:@h/db"));
    CHECK(has_password("postgresql://app:secret@h/db"));
    CHECK(has_password("postgresql://app:secret@h1:1,h2:2/db"));
    CHECK(has_password("postgresql://h/db?sslmode=require&password=x"));
    CHECK(has_password("postgresql://h/db?pass%77ord=x"));

    CHECK_FALSE(has_password("host=a dbname=b"));
    CHECK_FALSE(has_password("  host = 'a b'  dbname='it\\'s' user=x\\ y "));
    CHECK_FALSE(has_password("passfile=/x application_name='password=1'"));
    CHECK_FALSE(has_password("password='' host=a"));
    CHECK(has_password("host=a password=x"));
    CHECK(has_password("password = 'x'"));
}

TEST_CASE("postgres url: what has neither form is refused without a word of it", "[conf]") {
    const std::string form = "must be postgresql://user@host:port/database or keywords such as \"host=... dbname=...\"";
    CHECK(postgres_complaint("mysql://h/db") == form);
    CHECK(postgres_complaint("betting") == form);
    CHECK(postgres_complaint("host=a hunter2") == form);
    CHECK(postgres_complaint("=a") == form);
    CHECK(postgres_complaint("password='hunter2") == "a quotation mark is not closed");
    CHECK(postgres_complaint("password='hunter2\\") == "a quotation mark is not closed");
    CHECK(postgres_complaint("postgresql://u:p%4@h") ==
          "a '%' is not followed by two hexadecimal digits other than 00 (write %25 for '%')");
    CHECK(postgres_complaint("postgresql://u:p%00@h") ==
          "a '%' is not followed by two hexadecimal digits other than 00 (write %25 for '%')");
}
