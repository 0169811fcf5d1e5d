#pragma once

#include "conf/problem.hpp"
#include "conf/toml/node.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace respgres::conf {

// Collects what is wrong with one file.
class notes {
public:
    explicit notes(std::string file, bool is_private = true) : file_{std::move(file)}, is_private_{is_private} {}

    const std::string& file() const { return file_; }
    // It may hold secrets: not every user of the machine can read it.
    bool is_private() const { return is_private_; }

    position at(mark where) const { return {file_, where.line, where.column}; }

    void add(mark where, std::string message) { add(at(where), std::move(message)); }

    void add(const position& where, std::string message) {
        found_.emplace(std::pair{where.line, where.column}, problem{where, std::move(message)});
    }

    // In the order of the file.
    problems take() {
        problems all;
        for (auto& [where, problem] : found_) all.push_back(std::move(problem));
        found_.clear();
        return all;
    }

private:
    std::string file_;
    bool is_private_;
    std::multimap<std::pair<std::uint32_t, std::uint32_t>, problem> found_;   // by line and column; equals in the order of add()
};

}  // namespace respgres::conf
