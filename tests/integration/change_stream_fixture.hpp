#pragma once

#include "backends/change_stream/pgoutput_decoder.hpp"
#include "backends/change_stream/transaction_assembler.hpp"
#include "tests/support/postgres_server.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace respgres::tests {

// A PostgreSQL with a publication of all tables and a slot of pgoutput, which the test reads by SQL: the same bytes as a walsender's. It streams transactions above
// 64 kB, the least that can be set.
class recorded_stream {
public:
    explicit recorded_stream(std::string_view tables, std::string_view publication_options = "", bool two_phase = false) {
        server.execute(tables);
        server.execute("CREATE PUBLICATION p FOR ALL TABLES " + std::string(publication_options));
        server.execute("SELECT pg_create_logical_replication_slot('s', 'pgoutput', false, " + std::string(two_phase ? "true" : "false") +
                       ")");
    }

    // What the server sends of all that was committed or prepared since the last call. `options` are further options of pgoutput.
    std::vector<std::string> messages(const std::string& options = "'proto_version', '3', 'streaming', 'on', 'messages', 'true'") {
        std::vector<std::string> all;
        for (const auto& row :
             server.execute("SET bytea_output = 'hex'; SELECT data FROM pg_logical_slot_get_binary_changes('s', NULL, NULL, "
                            "'publication_names', 'p', " +
                            options + ")"))
            all.push_back(from_hex(std::string_view(row[0]).substr(2)));
        record(all);
        return all;
    }

    // The whole transactions among them.
    std::vector<change_stream::transaction> transactions(
        const std::string& options = "'proto_version', '3', 'streaming', 'on', 'messages', 'true'") {
        std::vector<change_stream::transaction> all;
        kinds.clear();
        for (const std::string& each : messages(options)) {
            kinds += each[0];
            const auto message = decoder.decode(each);
            if (message.has_error()) FAIL(message.error().detail);
            auto taken = assembler.take(*message);
            if (taken.has_error()) FAIL(taken.error().detail);
            if (*taken) all.push_back(std::move(**taken));
        }
        return all;
    }

    postgres_server server{{"max_prepared_transactions = 10", "logical_decoding_work_mem = 64kB", "synchronous_commit = on"}};
    change_stream::pgoutput::decoder decoder;
    change_stream::transaction_assembler assembler;
    std::string kinds;  // the type bytes of the messages of the last transactions()

private:
    static std::string from_hex(std::string_view digits) {
        std::string made;
        for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
            made += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
        return made;
    }

    // Into the corpus of tests/fuzz, for whoever sets the variable to a file name's beginning.
    void record(const std::vector<std::string>& all) {
        const char* const place = std::getenv("RESPGRES_RECORD_STREAM");
        if (!place) return;
        std::ofstream out(place + std::to_string(++recordings_), std::ios::binary);
        for (const std::string& each : all) out << static_cast<char>(each.size() >> 8) << static_cast<char>(each.size() & 0xff) << each;
    }

    int recordings_ = 0;
};

// "1|OPEN|-|~|?": null, unchanged and unknown values as -, ~ and ?.
inline std::string shown(const change_stream::change& of, bool old_row) {
    using form = change_stream::cell::form;
    std::string all;
    for (std::size_t i = 0; i < of.table->columns.size(); ++i) {
        const auto value = old_row ? of.old_value(i) : of.new_value(i);
        if (i != 0) all += '|';
        if (value.how == form::null)
            all += '-';
        else if (value.how == form::unchanged)
            all += '~';
        else if (value.how == form::unknown)
            all += '?';
        else
            all += value.bytes;
    }
    return all;
}

}  // namespace respgres::tests
