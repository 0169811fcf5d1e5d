#include "proxy/commands/client_tracking.hpp"

#include <catch2/catch.hpp>

#include <initializer_list>
#include <string_view>
#include <vector>

namespace respgres::proxy {

namespace {

constexpr std::string_view yes = "*3\r\n$6\r\nCLIENT\r\n$7\r\nCACHING\r\n$3\r\nYES\r\n";
constexpr std::string_view no = "*3\r\n$6\r\nCLIENT\r\n$7\r\nCACHING\r\n$2\r\nNO\r\n";

tracking_request read(std::initializer_list<std::string_view> options) {
    std::vector<std::string_view> words{"CLIENT", "TRACKING"};
    words.insert(words.end(), options);
    return read_tracking(words);
}

}  // namespace

TEST_CASE("client_tracking: the options that the proxy must know are read, the others left to Redis", "[proxy]") {
    using mode = tracking_request::mode;
    CHECK(read({"on"}).on);
    CHECK_FALSE(read({"OFF"}).on);
    CHECK(read({"ON", "NOLOOP", "optin"}).what == mode::opt_in);
    CHECK(read({"ON", "OPTOUT", "BCAST"}).what == mode::opt_out);
    CHECK(read({"ON", "BCAST", "PREFIX", "optin"}).what == mode::all);   // a prefix of that name
    const auto redirected = read({"ON", "PREFIX", "a", "redirect", "17", "NOLOOP"});
    CHECK(redirected.redirect == 17);
    CHECK(redirected.redirect_word == 6);
    for (const std::string_view bad : {"x", "0", "-1", "17x", "99999999999999999999"}) CHECK_FALSE(read({"ON", "REDIRECT", bad}).redirect);
    CHECK_FALSE(read({"ON", "REDIRECT"}).redirect);
}

TEST_CASE("client_tracking: CLIENT CACHING counts for the command that is taken next", "[proxy]") {
    client_tracking tracking;
    tracking.start(read({"ON", "OPTIN"}));
    tracking.begin_command();
    CHECK(tracking.before().empty());
    tracking.command_taken();

    REQUIRE(tracking.set_caching("yes").empty());
    CHECK(tracking.before().empty());   // said of the next one
    tracking.begin_command();
    CHECK(tracking.before() == yes);
    tracking.begin_command();   // it had to wait
    CHECK(tracking.before() == yes);
    tracking.command_taken();
    CHECK(tracking.before() == yes);   // it may be sent again

    tracking.begin_command();
    CHECK(tracking.before().empty());
}

TEST_CASE("client_tracking: CLIENT CACHING is refused where it means nothing, and forgotten with the tracking", "[proxy]") {
    client_tracking tracking;
    CHECK(tracking.set_caching("YES").starts_with("ERR CLIENT CACHING can be called only"));
    CHECK(tracking.redirect() == -1);
    tracking.start(read({"ON"}));
    CHECK(tracking.set_caching("YES").starts_with("ERR CLIENT CACHING can be called only"));
    CHECK(tracking.redirect() == 0);
    tracking.start(read({"ON", "OPTOUT", "REDIRECT", "5"}));
    CHECK(tracking.redirect() == 5);
    CHECK(tracking.set_caching("maybe") == "ERR syntax error");
    CHECK(tracking.set_caching("YES").starts_with("ERR CLIENT CACHING YES is only valid"));
    REQUIRE(tracking.set_caching("NO").empty());
    tracking.begin_command();
    CHECK(tracking.before() == no);
    tracking.end();
    CHECK_FALSE(tracking.is_on());
    CHECK(tracking.before().empty());
}

}  // namespace respgres::proxy
