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

}  // namespace respgres::redis
