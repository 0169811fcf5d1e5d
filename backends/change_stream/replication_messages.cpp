#include "backends/change_stream/replication_messages.hpp"

#include "backends/change_stream/byte_reader.hpp"

#include <cstdint>

namespace respgres::change_stream {
namespace {

wal_data read_wal_data(byte_reader& in) {
    wal_data read;
    read.start = in.position();
    read.end = in.position();
    read.sent = in.time();
    read.payload = in.rest();
    return read;
}

keepalive read_keepalive(byte_reader& in) {
    keepalive read;
    read.end = in.position();
    read.sent = in.time();
    const auto flag = in.u8();
    if (flag > 1) in.fail("a flag that is neither 0 nor 1");
    read.reply_requested = flag == 1;
    in.end();
    return read;
}

void append(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

}  // namespace

backends::outcome<replication_message> read_replication_message(std::string_view copy_data) {
    byte_reader in(copy_data);
    replication_message read;
    switch (in.u8()) {
        case 'w': read = read_wal_data(in); break;
        case 'k': read = read_keepalive(in); break;
        default: in.fail("an unknown type of message");
    }
    if (in.failed()) return in.failure("a replication message");
    return read;
}

std::string write(const standby_status& status) {
    std::string out = "r";
    append(out, status.written.value);
    append(out, status.flushed.value);
    append(out, status.applied.value);
    append(out, static_cast<std::uint64_t>(to_postgres(status.sent)));
    out += status.reply_requested ? '\1' : '\0';
    return out;
}

}  // namespace respgres::change_stream
