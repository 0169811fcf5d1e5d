#pragma once

#include "backends/change_stream/ddl_message.hpp"
#include "backends/change_stream/transaction_assembler.hpp"
#include "tests/unit/backends/change_stream/wire.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

namespace respgres::tests {

namespace pgoutput = change_stream::pgoutput;
using change_stream::lsn;

inline constexpr std::uint32_t bets = 16385;
inline constexpr std::uint32_t events = 16390;

// public.bets (id, status, note), or another table of that form; its replica identity is (id, status).
inline pgoutput::relation described(std::uint32_t id = bets, std::uint32_t xid = 0, std::string_view name = "bets") {
    return {xid,
            id,
            "public",
            name,
            pgoutput::replica_identity::index,
            {{true, "id", 20, -1}, {true, "status", 25, -1}, {false, "note", 25, -1}}};
}

inline pgoutput::insert inserted(std::string_view id, std::uint32_t xid = 0, std::uint32_t table = bets) {
    return {xid, table, cells({id, "OPEN", "NULL"})};
}

// An assembler that takes what the test says, and fails the test at the first message that it refuses.
struct assembling {
    change_stream::transaction_assembler assembler;

    assembling() = default;
    explicit assembling(const change_stream::transaction_assembler::limits& most) : assembler(most) {}

    std::optional<change_stream::transaction> take(const pgoutput::message& next) {
        auto taken = assembler.take(next);
        if (taken.has_error()) FAIL("refused: " << taken.error().detail);
        return std::move(*taken);
    }

    // Messages that end no transaction.
    template <class... Messages>
    void open(const Messages&... messages) {
        for (const auto& each : {pgoutput::message(messages)...}) CHECK(!take(each));
    }

    change_stream::transaction ended(const pgoutput::message& next) {
        auto made = take(next);
        if (!made) FAIL("no transaction ended");
        return std::move(*made);
    }

    // Begin, `messages`, Commit.
    template <class... Messages>
    change_stream::transaction whole(std::uint32_t xid, const Messages&... messages) {
        open(pgoutput::begin{{}, {}, xid}, messages...);
        return ended(pgoutput::commit{});
    }

    // A piece of a streamed transaction.
    template <class... Messages>
    void piece(std::uint32_t xid, bool first, const Messages&... messages) {
        open(pgoutput::stream_start{xid, first}, messages..., pgoutput::stream_stop{});
    }

    std::string refusal(const pgoutput::message& next) {
        const auto taken = assembler.take(next);
        return taken.has_error() ? taken.error().detail : "taken";
    }
};

// The new ids of the rows, in order: "1 2".
inline std::string ids(const change_stream::transaction& of) {
    std::string all;
    for (const auto& each : of.changes) all.append(all.empty() ? "" : " ").append(each.new_value(0).bytes);
    return all;
}

}  // namespace respgres::tests
