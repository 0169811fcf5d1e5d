// The table of commands, and how a command is found in it.
//
// To add a command: put its row into the file of rows/ that has its group's name (the group that Redis' documentation lists it in);
// `redis-cli COMMAND INFO name` tells its facts. Order in the file does not matter. A subcommand is a row in the array above it.
#include "protocol/commands/command_table.hpp"

#include "protocol/commands/ignoring_case.hpp"
#include "protocol/commands/options.hpp"

#include <algorithm>
#include <array>

namespace respgres::protocol {

namespace {

#include "protocol/commands/row_words.ipp"

#include "protocol/commands/rows/bitmaps.ipp"
#include "protocol/commands/rows/cluster.ipp"
#include "protocol/commands/rows/connection.ipp"
#include "protocol/commands/rows/generic.ipp"
#include "protocol/commands/rows/geo.ipp"
#include "protocol/commands/rows/hashes.ipp"
#include "protocol/commands/rows/hyperloglogs.ipp"
#include "protocol/commands/rows/lists.ipp"
#include "protocol/commands/rows/proxy.ipp"
#include "protocol/commands/rows/pubsub.ipp"
#include "protocol/commands/rows/scripting.ipp"
#include "protocol/commands/rows/server.ipp"
#include "protocol/commands/rows/sets.ipp"
#include "protocol/commands/rows/sorted_sets.ipp"
#include "protocol/commands/rows/streams.ipp"
#include "protocol/commands/rows/strings.ipp"
#include "protocol/commands/rows/transactions.ipp"

// All groups in one array, sorted by name. The groups come in the order of command_group.
template <std::size_t... Counts>
constexpr auto sorted(const command_info (&... groups)[Counts]) {
    std::array<command_info, (Counts + ...)> all = {};
    auto* end = all.data();
    std::uint8_t group = 0;
    const auto append = [&](const command_info* rows, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            *end = rows[i];
            end++->group = static_cast<command_group>(group);
        }
        ++group;
    };
    (append(groups, Counts), ...);
    std::sort(all.begin(), all.end(), [](const command_info& a, const command_info& b) { return a.name < b.name; });
    return all;
}

constexpr auto table =
    sorted(bitmaps_rows, cluster_rows, connection_rows, generic_rows, geo_rows, hashes_rows, hyperloglogs_rows, lists_rows, proxy_rows,
           pubsub_rows, scripting_rows, server_rows, sets_rows, sorted_sets_rows, streams_rows, strings_rows, transactions_rows);

// Open addressing over the table: a slot holds a row's number. Filled to a quarter, so a search looks at one or two slots.
constexpr std::size_t slot_count = 1024;
constexpr std::uint8_t empty_slot = 0xff;
static_assert(table.size() < empty_slot, "a slot's byte must be able to name each row");

// From the length and five letters, which tell all but few commands apart. Upper and lower case give the same (bit 0x20).
constexpr std::size_t slot_of(std::string_view name) {
    const auto letter = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20u); };
    const std::size_t size = name.size();
    std::uint32_t hash = static_cast<std::uint32_t>(size);
    hash = hash * 31 + letter(0);
    hash = hash * 31 + letter(size / 4);
    hash = hash * 31 + letter(size / 2);
    hash = hash * 31 + letter(size - size / 4 - 1);
    hash = hash * 31 + letter(size - 1);
    return (hash * 0x9e3779b1u >> 16) % slot_count;
}

constexpr std::array<std::uint8_t, slot_count> filled_slots() {
    std::array<std::uint8_t, slot_count> slots = {};
    slots.fill(empty_slot);
    for (std::size_t row = 0; row < table.size(); ++row) {
        std::size_t slot = slot_of(table[row].name);
        while (slots[slot] != empty_slot) {
            slot = (slot + 1) % slot_count;
        }
        slots[slot] = static_cast<std::uint8_t>(row);
    }
    return slots;
}

constexpr auto slots = filled_slots();

const command_info* find_subcommand(const command_info& command, std::string_view name) {
    // The row's name is "command|subcommand".
    const std::size_t prefix = command.name.size() + 1;
    for (const command_info& row : command.subcommands) {
        if (equals_ignoring_case(name, row.name.substr(prefix))) {
            return &row;
        }
    }
    return nullptr;
}

bool has_subcommand_word(const command_info& command, command_words words) {
    return !command.subcommands.empty() && words.size() > 1;
}

}  // namespace

std::span<const command_info> all_commands() {
    return table;
}

const command_info* find_command(std::string_view name) {
    if (name.empty()) {
        return nullptr;
    }
    for (std::size_t slot = slot_of(name); slots[slot] != empty_slot; slot = (slot + 1) % slot_count) {
        const command_info& row = table[slots[slot]];
        if (equals_ignoring_case(name, row.name)) {
            return &row;
        }
    }
    return nullptr;
}

const command_info* find_command(command_words words) {
    const command_info* command = words.empty() ? nullptr : find_command(words[0]);
    if (command == nullptr || !has_subcommand_word(*command, words)) {
        return command;
    }
    return find_subcommand(*command, words[1]);
}

const command_info& row_for(const command_info& command, command_words words) {
    const command_info* subcommand = has_subcommand_word(command, words) ? find_subcommand(command, words[1]) : nullptr;
    return subcommand != nullptr ? *subcommand : command;
}

}  // namespace respgres::protocol
