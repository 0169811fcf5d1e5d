#include "bench/bookmaker/dataset.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace respgres::bookmaker {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;

enum table : std::uint64_t { users_table, events_table, bets_table, sessions_table };

constexpr days history{30};          // how far back bets go
constexpr days fixtures_ahead{7};    // how far ahead events are scheduled
constexpr hours event_length{2};

// With the characters that quoting gets wrong: apostrophes, quotes, backslashes, accents.
constexpr std::array<std::string_view, 20> first_names{"Alice",     "Bob",   "Chloë",   "David", "Emma",  "Farid", "Grace",
                                                       "Hiro",      "Ines",  "Jürgen",  "Kofi",  "Lena",  "Mateo", "Nadia",
                                                       "Oluwaseun", "Priya", "Quentin", "Rosa",  "Søren", "Yuki"};
constexpr std::array<std::string_view, 16> last_names{"O'Brien", "Smith",  "García",      "Müller",      "Okafor",   "Tanaka",
                                                      "Rossi",   "Novák",  "D\"Arc",      "Singh",       "Kowalski", "Jensen",
                                                      "Silva",   "Dubois", "Back\\slash", "van der Berg"};
constexpr std::array<std::string_view, 16> places{"Ashford",   "Bristow",  "Carrick",    "Dunmore",   "Elstead", "Fairview",
                                                  "Glenmore",  "Hartwell", "Inverness",  "Kingsley",  "Lindham", "Marlow",
                                                  "Northgate", "Oakridge", "Port Ellen", "Queensbury"};
constexpr std::array<std::string_view, 5> teams{"United", "Rovers", "City", "Athletic", "Wanderers"};
// Repeated by how often they are played.
constexpr std::array<std::string_view, 10> categories{"football", "football",   "football",     "football",   "tennis",
                                                      "tennis",   "basketball", "horse racing", "ice hockey", "esports"};
constexpr std::array<std::string_view, 4> status_names{"OPEN", "SETTLED", "CASHED_OUT", "CANCELLED"};

template <class Array>
std::string_view pick(const Array& choices, random_stream& random) {
    return choices[random.below(choices.size())];
}

microseconds part_of(microseconds whole, double part) {
    return microseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * part));
}

std::string full_name(random_stream& random) {
    std::string name(pick(first_names, random));
    name += ' ';
    return name += pick(last_names, random);
}

std::string team_name(random_stream& random) {
    std::string name(pick(places, random));
    name += ' ';
    return name += pick(teams, random);
}

std::string_view event_status(instant start, instant now) {
    if (start > now) return "SCHEDULED";
    return start + event_length > now ? "LIVE" : "FINISHED";
}

}  // namespace

std::string_view to_string(bet_status status) {
    return status_names[static_cast<std::size_t>(status)];
}

std::int64_t draw_cents(random_stream& random) {
    const double stake = 10 * std::exp(1.2 * random.normal());   // median 10, one in a hundred above 160
    const double units = random.chance(0.6) ? std::max(1.0, std::round(stake)) : std::max(0.5, stake);
    return std::llround(std::min(units, 50'000.0) * 100);
}

bet_status draw_closed_status(random_stream& random) {
    const std::uint64_t lot = random.below(98);
    if (lot < 90) return bet_status::settled;
    return lot < 96 ? bet_status::cashed_out : bet_status::cancelled;
}

zipf popular_users(std::uint64_t users) {
    return zipf(users, 0.7);
}
zipf popular_events(std::uint64_t events) {
    return zipf(events, 1.1);
}

dataset::dataset(std::uint64_t seed, dataset_sizes sizes, instant now)
    : seed_(seed), sizes_(sizes), now_(now), bettors_(popular_users(sizes.users)), wagered_events_(popular_events(sizes.events)) {}

bookmaker::user dataset::user(std::uint64_t row) const {
    random_stream random(seed_, users_table, row);
    std::string name = full_name(random);
    const instant joined = now_ - history - part_of(days{1'000}, random.uniform());
    return {static_cast<std::int64_t>(row + 1), std::move(name), joined};
}

bookmaker::event dataset::event(std::uint64_t row) const {
    random_stream random(seed_, events_table, row);
    std::string name = team_name(random) + " v " + team_name(random);
    const std::string_view category = pick(categories, random);
    const instant start = now_ - history + part_of(history + fixtures_ahead, random.uniform());
    return {static_cast<std::int64_t>(row + 1), std::move(name), category, start, event_status(start, now_)};
}

bookmaker::bet dataset::bet(std::uint64_t row) const {
    random_stream random(seed_, bets_table, row);
    const auto count = static_cast<double>(sizes_.bets);
    const double age = 1 - (static_cast<double>(row) + random.uniform()) / count;   // 1 = oldest; falls with the row
    const instant placed = now_ - part_of(history, age);

    bookmaker::bet made{static_cast<std::int64_t>(row + 1),
                        bettors_.draw(random),
                        wagered_events_.draw(random),
                        bet_status::open,
                        draw_cents(random),
                        placed,
                        std::nullopt};
    const bool is_open = age < 0.04 && random.chance(0.5);
    if (!is_open) {
        made.status = draw_closed_status(random);
        const auto took = part_of(hours{1}, random.exponential(3));
        made.settled_at = std::min(placed + took, now_);
    }
    return made;
}

bookmaker::session dataset::session(std::uint64_t row) const {
    random_stream random(seed_, sessions_table, row);
    std::array<char, 32> id{};
    std::snprintf(id.data(), id.size(), "sess_%06llu", static_cast<unsigned long long>(row + 1));

    const std::uint64_t owner = random.below(sizes_.users);
    std::vector<std::string_view> roles{"player"};
    if (random.chance(0.1)) roles.emplace_back("vip");
    if (random.chance(0.01)) roles.emplace_back("support");

    const instant created = now_ - part_of(days{7}, random.uniform());
    const bool has_expired = row % 5 == 4;
    const instant expires =
        has_expired ? created + part_of(now_ - created, random.uniform()) : now_ + days{1} + part_of(days{29}, random.uniform());
    return {id.data(), static_cast<std::int64_t>(owner + 1), user(owner).name, std::move(roles), created, expires};
}

}  // namespace respgres::bookmaker
