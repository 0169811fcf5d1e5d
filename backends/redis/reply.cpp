#include "backends/redis/reply.hpp"

#include <new>

namespace respgres::redis {

void format_command(std::string& out, const std::vector<std::string_view>& arguments) {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    words.reserve(arguments.size());
    lengths.reserve(arguments.size());
    for (const std::string_view argument : arguments) {
        words.push_back(argument.data());
        lengths.push_back(argument.size());
    }
    char* formatted = nullptr;
    const auto length = redisFormatCommandArgv(&formatted, static_cast<int>(words.size()), words.data(), lengths.data());
    if (length < 0) throw std::bad_alloc();
    out.append(formatted, static_cast<std::size_t>(length));
    redisFreeCommand(formatted);
}

reply read_reply(std::string_view whole) {
    struct reader_deleter {
        void operator()(redisReader* reader) const { redisReaderFree(reader); }
    };
    const std::unique_ptr<redisReader, reader_deleter> reader(redisReaderCreate());
    void* built = nullptr;
    redisReaderFeed(reader.get(), whole.data(), whole.size());
    if (redisReaderGetReply(reader.get(), &built) != REDIS_OK) return nullptr;
    return reply(static_cast<redisReply*>(built));
}

}  // namespace respgres::redis
