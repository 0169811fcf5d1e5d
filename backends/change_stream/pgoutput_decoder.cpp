#include "backends/change_stream/pgoutput_decoder.hpp"

#include <algorithm>
#include <string>

namespace respgres::change_stream::pgoutput {

cell tuple::read_cell(byte_reader& in) {
    switch (in.u8()) {
        case 'n': return {cell::form::null, {}};
        case 'u': return {cell::form::unchanged, {}};
        case 't': return {cell::form::text, in.bytes(in.u32())};
        case 'b': return {cell::form::binary, in.bytes(in.u32())};
        default: in.fail("an unknown kind of column value"); return {};
    }
}

namespace {

// Reads the parts of one message behind its type byte.
struct message_reader {
    byte_reader& in;
    bool in_stream;

    std::uint32_t xid() { return in_stream ? in.u32() : 0; }

    // A byte that has no more bits than `known`.
    std::uint8_t flags(std::uint8_t known, std::string_view wrong) {
        const std::uint8_t read = in.u8();
        if ((read & ~known) != 0) in.fail(wrong);
        return read;
    }
    void no_flags() { flags(0, "flags that are not known"); }

    void expect(char marker, std::string_view wrong) {
        if (in.u8() != static_cast<std::uint8_t>(marker)) in.fail(wrong);
    }

    tuple row() {
        const std::uint16_t size = in.u16();
        const std::size_t first = in.offset();
        for (std::uint16_t i = 0; i < size && !in.failed(); ++i) tuple::read_cell(in);
        return {size, in.since(first)};
    }

    old_tuple old_row(char marker) { return {marker == 'K', row()}; }
};

// Braced initialisers are read from left to right, in the order of the message's parts.

message read_begin(message_reader& m) {
    return begin{m.in.position(), m.in.time(), m.in.u32()};
}

message read_commit(message_reader& m) {
    m.no_flags();
    return commit{m.in.position(), m.in.position(), m.in.time()};
}

message read_origin(message_reader& m) {
    return origin{m.in.position(), m.in.text()};
}

column read_column(message_reader& m) {
    return {m.flags(1, "flags of a column that are not known") == 1, m.in.text(), m.in.u32(), static_cast<std::int32_t>(m.in.u32())};
}

message read_relation(message_reader& m) {
    relation read{m.xid(), m.in.u32(), m.in.text(), m.in.text(), static_cast<replica_identity>(m.in.u8()), {}};
    if (std::string_view("dnfi").find(static_cast<char>(read.identity)) == std::string_view::npos) m.in.fail("an unknown replica identity");
    const std::uint16_t count = m.in.u16();
    for (std::uint16_t i = 0; i < count && !m.in.failed(); ++i) read.columns.push_back(read_column(m));
    if (read.schema.empty()) read.schema = "pg_catalog";
    return read;
}

message read_type(message_reader& m) {
    type read{m.xid(), m.in.u32(), m.in.text(), m.in.text()};
    if (read.schema.empty()) read.schema = "pg_catalog";
    return read;
}

message read_insert(message_reader& m) {
    insert read{m.xid(), m.in.u32(), {}};
    m.expect('N', "no new row");
    read.after = m.row();
    return read;
}

message read_update(message_reader& m) {
    update read{m.xid(), m.in.u32(), {}, {}};
    char marker = static_cast<char>(m.in.u8());
    if (marker == 'K' || marker == 'O') {
        read.before = m.old_row(marker);
        marker = static_cast<char>(m.in.u8());
    }
    if (marker != 'N') m.in.fail("no new row");
    read.after = m.row();
    return read;
}

message read_remove(message_reader& m) {
    remove read{m.xid(), m.in.u32(), {}};
    const char marker = static_cast<char>(m.in.u8());
    if (marker != 'K' && marker != 'O') m.in.fail("no old row");
    read.before = m.old_row(marker);
    return read;
}

message read_truncate(message_reader& m) {
    truncate read{m.xid(), false, false, {}};
    const std::uint32_t count = m.in.u32();
    const std::uint8_t options = m.flags(3, "options of TRUNCATE that are not known");
    read.cascade = (options & 1) != 0;
    read.restart_identity = (options & 2) != 0;
    for (std::uint32_t i = 0; i < count && !m.in.failed(); ++i) read.relations.push_back(m.in.u32());
    return read;
}

message read_logical_message(message_reader& m) {
    logical_message read{m.xid(), false, {}, {}, {}};
    read.transactional = m.flags(1, "flags that are not known") == 1;
    read.position = m.in.position();
    read.prefix = m.in.text();
    read.content = m.in.bytes(m.in.u32());
    return read;
}

message read_stream_start(message_reader& m) {
    return stream_start{m.in.u32(), m.flags(1, "a flag that is neither 0 nor 1") == 1};
}

message read_stream_stop(message_reader&) {
    return stream_stop{};
}

message read_stream_commit(message_reader& m) {
    const std::uint32_t xid = m.in.u32();
    m.no_flags();
    return stream_commit{xid, m.in.position(), m.in.position(), m.in.time()};
}

message read_stream_abort(message_reader& m) {
    return stream_abort{m.in.u32(), m.in.u32()};
}

message read_begin_prepare(message_reader& m) {
    return begin_prepare{m.in.position(), m.in.position(), m.in.time(), m.in.u32(), m.in.text()};
}

message read_prepare(message_reader& m) {
    m.no_flags();
    return prepare{m.in.position(), m.in.position(), m.in.time(), m.in.u32(), m.in.text()};
}

message read_stream_prepare(message_reader& m) {
    m.no_flags();
    return stream_prepare{{m.in.position(), m.in.position(), m.in.time(), m.in.u32(), m.in.text()}};
}

message read_commit_prepared(message_reader& m) {
    m.no_flags();
    return commit_prepared{m.in.position(), m.in.position(), m.in.time(), m.in.u32(), m.in.text()};
}

message read_rollback_prepared(message_reader& m) {
    m.no_flags();
    return rollback_prepared{m.in.position(), m.in.position(), m.in.time(), m.in.time(), m.in.u32(), m.in.text()};
}

// Where a message may come: what cannot be within a stream would have no xid there, so its bytes would be taken for something else.
enum class place : std::uint8_t { anywhere, outside_streams, within_streams };

struct format {
    char type;
    std::string_view name;
    place where;
    message (*read)(message_reader&);
};

constexpr format formats[] = {
    {'B', "Begin", place::outside_streams, read_begin},
    {'C', "Commit", place::outside_streams, read_commit},
    {'O', "Origin", place::anywhere, read_origin},
    {'R', "Relation", place::anywhere, read_relation},
    {'Y', "Type", place::anywhere, read_type},
    {'I', "Insert", place::anywhere, read_insert},
    {'U', "Update", place::anywhere, read_update},
    {'D', "Delete", place::anywhere, read_remove},
    {'T', "Truncate", place::anywhere, read_truncate},
    {'M', "Message", place::anywhere, read_logical_message},
    {'S', "Stream Start", place::outside_streams, read_stream_start},
    {'E', "Stream Stop", place::within_streams, read_stream_stop},
    {'c', "Stream Commit", place::outside_streams, read_stream_commit},
    {'A', "Stream Abort", place::outside_streams, read_stream_abort},
    {'b', "Begin Prepare", place::outside_streams, read_begin_prepare},
    {'P', "Prepare", place::outside_streams, read_prepare},
    {'p', "Stream Prepare", place::outside_streams, read_stream_prepare},
    {'K', "Commit Prepared", place::outside_streams, read_commit_prepared},
    {'r', "Rollback Prepared", place::outside_streams, read_rollback_prepared},
};

}  // namespace

backends::outcome<message> decoder::decode(std::string_view payload) {
    byte_reader in(payload);
    const char type_byte = static_cast<char>(in.u8());
    const auto* const found =
        std::find_if(std::begin(formats), std::end(formats), [&](const format& each) { return each.type == type_byte; });
    if (found == std::end(formats)) {
        in.fail("an unknown type of message");
        return in.failure("a change stream message");
    }
    if (found->where == (in_stream_ ? place::outside_streams : place::within_streams))
        in.fail(in_stream_ ? "a message that cannot be within a stream" : "a message that can only be within a stream");

    message_reader reader{in, in_stream_};
    message read = found->read(reader);
    in.end();
    if (in.failed()) return in.failure("the change stream message " + std::string(found->name));
    if (found->type == 'S' || found->type == 'E') in_stream_ = found->type == 'S';
    return read;
}

}  // namespace respgres::change_stream::pgoutput
