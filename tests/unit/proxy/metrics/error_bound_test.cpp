#include "proxy/metrics/error_bound.hpp"

#include <catch2/catch.hpp>

namespace respgres::proxy {

TEST_CASE("upper_error_bound: is 3 / n when nothing was wrong", "[proxy]") {
    CHECK_FALSE(upper_error_bound(0, 0));
    CHECK(*upper_error_bound(300, 0) == Approx(0.01));
    CHECK(*upper_error_bound(3'000'000, 0) == Approx(1e-6));
}

TEST_CASE("upper_error_bound: is the Poisson limit of the tables when something was", "[proxy]") {
    // Upper limits of a Poisson mean, one-sided 95 %, as printed in tables of chi-square (half the 0.95 quantile).
    const auto limit = [](std::uint64_t wrong) { return *upper_error_bound(1'000'000, wrong) * 1e6; };
    CHECK(limit(1) == Approx(4.744).epsilon(0.005));
    CHECK(limit(2) == Approx(6.296).epsilon(0.005));
    CHECK(limit(5) == Approx(10.513).epsilon(0.005));
    CHECK(limit(10) == Approx(16.962).epsilon(0.005));
    CHECK(limit(49) == Approx(62.171).epsilon(0.005));
}

TEST_CASE("upper_error_bound: never says more than all", "[proxy]") {
    CHECK(*upper_error_bound(1, 0) == 1);
    CHECK(*upper_error_bound(5, 5) == 1);
}

}  // namespace respgres::proxy
