// libFuzzer: a change stream of any bytes is decoded and assembled without fault, within bounded memory, whatever its order.
//
// Input: messages as a walsender sends them, each behind its length in two bytes (network order). The corpus was recorded from PostgreSQL 15
// by tests/integration/change_stream_test.cpp (RESPGRES_RECORD_STREAM); of long runs of insertions two are left.
#include "backends/change_stream/pgoutput_decoder.hpp"
#include "backends/change_stream/replication_messages.hpp"
#include "backends/change_stream/snapshot.hpp"
#include "backends/change_stream/transaction_assembler.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace respgres::change_stream;

namespace {

constexpr transaction_assembler::limits small{20, 4'096, 8'192};

void require(bool condition) {
    if (!condition) std::abort();
}

// Every value can be asked for.
void look_at(const transaction& made) {
    require(made.rows_known || made.changes.empty());
    require(made.changes.size() <= small.max_changes);
    for (const change& each : made.changes) {
        require(each.table != nullptr);
        if (each.what == change::kind::truncate) continue;
        for (std::size_t i = 0; i < each.table->columns.size(); ++i) {
            require(each.old_value(i).is_known() || each.old_value(i).bytes.empty());
            require(each.new_value(i).is_known() || each.new_value(i).bytes.empty());
        }
    }
}

std::string_view take_message(std::string_view& stream) {
    const auto byte = [&](std::size_t at) { return std::size_t{static_cast<unsigned char>(stream[at])}; };
    const std::string_view message = stream.substr(2, byte(0) << 8 | byte(1));
    stream.remove_prefix(2 + message.size());
    return message;
}

// A message that is refused ends a connection; the assembler goes on with the next one.
void run(std::string_view stream) {
    const std::size_t most_tables = stream.size();
    pgoutput::decoder decoder;
    transaction_assembler assembler(small);
    while (stream.size() >= 2) {
        const auto message = decoder.decode(take_message(stream));
        bool refused = message.has_error();
        if (!refused) {
            const auto taken = assembler.take(*message);
            refused = taken.has_error();
            if (!refused && *taken) look_at(**taken);
        }
        require(assembler.open_bytes() <= small.max_open_bytes + 128 * most_tables);  // of which no rows are kept
        if (!refused) continue;
        decoder.restart();
        assembler.restart();
    }
    assembler.restart();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    run(input);

    (void)read_replication_message(input);
    (void)parse_lsn(input);
    if (const auto position = parse_fixed_width(input)) require(fixed_width(*position) == input);
    if (const auto seen = snapshot::parse(input)) {
        require(!seen->sees(seen->xmax()));
        for (const auto xid : seen->running()) require(!seen->sees(xid));
    }
    return 0;
}
