#include "proxy/users/authenticator.hpp"
#include "tests/support/run_coroutine.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>
#include <string>

using namespace respgres;
using namespace respgres::proxy;
using namespace std::chrono_literals;

namespace {

conf::user_settings named(std::string name, const std::string& hash) {
    conf::user_settings made;
    made.name = std::move(name);
    if (!hash.empty()) made.password.push_back({hash, {}});
    return made;
}

conf::settings with_users(std::vector<conf::user_settings> users) {
    conf::settings settings;
    settings.auth.mode.value = conf::auth_mode::users;
    settings.users = std::move(users);
    return settings;
}

boost::asio::awaitable<std::string> check_task(authenticator& auth, std::string name, std::string password, std::string address) {
    const auto found = co_await auth.check(name, password, address);
    co_return found.who != nullptr ? found.who->name : std::string(found.too_many ? "too many" : "wrong");
}

user_table table_of(const conf::settings& settings) {
    conf::problems found;
    auto users = user_table::build(settings, found);
    REQUIRE(found.empty());
    return users;
}

authenticator made(const conf::settings& settings) {
    return authenticator(settings, table_of(settings));
}

// The context outlives the authenticator, as those of the workers do: the hashing thread hands its results to it.
struct asked_authenticator {
    explicit asked_authenticator(const conf::settings& settings) : auth(settings, table_of(settings)) {}

    // The name of who it is, "wrong" or "too many".
    std::string checked(const std::string& name, const std::string& password, const std::string& address = "10.0.0.1:5") {
        return tests::run_coroutine(context, check_task(auth, name, password, address));
    }

    boost::asio::io_context context{1};
    authenticator auth;
};

}  // namespace

TEST_CASE("authenticator: knows users by their passwords, and not those who are disabled or unknown", "[proxy]") {
    auto off = named("off", make_password_hash("c", 1'000));
    off.enabled = false;
    auto open = named("open", "");
    open.nopass = true;
    auto twice = named("twice", make_password_hash("a", 1'000));
    twice.password.push_back({make_password_hash("b", 2'000), {}});
    asked_authenticator asked(with_users({off, open, twice}));

    CHECK(asked.checked("twice", "a") == "twice");
    CHECK(asked.checked("twice", "b") == "twice");
    CHECK(asked.checked("twice", "a") == "twice");   // remembered now
    CHECK(asked.checked("twice", "c") == "wrong");
    CHECK(asked.checked("open", "whatever") == "open");
    CHECK(asked.checked("off", "c", "10.0.0.2:5") == "wrong");
    CHECK(asked.checked("nobody", "a", "10.0.0.2:5") == "wrong");
}

TEST_CASE("authenticator: who a client is before it authenticates", "[proxy]") {
    conf::settings none;
    CHECK(made(none).initial_user() == nullptr);

    const auto settings = with_users({named("ann", make_password_hash("a", 1'000))});
    auto auth = made(settings);
    REQUIRE(auth.initial_user() != nullptr);
    CHECK_FALSE(auth.initial_user()->is_authenticated());
    CHECK(auth.initial_user()->longest_stay == settings.auth.timeout);

    auto first = named("default", "");
    first.nopass = true;
    const auto open = with_users({first});
    auto with_default = made(open);
    CHECK(with_default.initial_user()->is_authenticated());
    CHECK(with_default.initial_user()->longest_stay == 0ms);
}

TEST_CASE("authenticator: wrong passwords of one address wait their turn, right ones that are known do not", "[proxy]") {
    auto settings = with_users({named("ann", make_password_hash("a", 1'000))});
    settings.auth.timeout = 500ms;
    asked_authenticator asked(settings);
    REQUIRE(asked.checked("ann", "a") == "ann");
    for (int i = 0; i < 3; ++i) REQUIRE(asked.checked("ann", "x") == "wrong");

    const auto begin = std::chrono::steady_clock::now();
    CHECK(asked.checked("ann", "x") == "wrong");
    CHECK(std::chrono::steady_clock::now() - begin > 200ms);
    CHECK(asked.checked("ann", "x", "10.9.9.9:1") == "wrong");
    CHECK(asked.checked("ann", "a") == "ann");
}

TEST_CASE("authenticator: many clients with the same right password cost one hash, and none is turned away", "[proxy]") {
    asked_authenticator asked(with_users({named("ann", make_password_hash("a", 200'000))}));
    int right = 0;
    const auto begin = std::chrono::steady_clock::now();

    for (int i = 0; i < 500; ++i) {
        auto count = [&right](std::exception_ptr thrown, const std::string& who) { right += !thrown && who == "ann" ? 1 : 0; };
        boost::asio::co_spawn(asked.context, check_task(asked.auth, "ann", "a", "10.0.0.1:5"), count);
    }
    asked.context.run();

    CHECK(right == 500);
    CHECK(std::chrono::steady_clock::now() - begin < 10s);   // 500 hashes would take longer
}

TEST_CASE("authenticator: once stopped it hashes nothing", "[proxy]") {
    asked_authenticator asked(with_users({named("ann", make_password_hash("a", 1'000))}));
    asked.auth.stop();
    CHECK(asked.checked("ann", "a") == "wrong");
}
