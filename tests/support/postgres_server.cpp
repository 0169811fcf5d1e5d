#include "tests/support/postgres_server.hpp"

#include "tests/support/eventually.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <stdexcept>

namespace respgres::tests {
namespace {

namespace fs = std::filesystem;

using connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr const char* server_user = "postgres";   // PostgreSQL refuses to run as root

constexpr std::string_view configuration = R"(
listen_addresses = '127.0.0.1'
max_connections = 100
shared_buffers = 16MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_wal_senders = 10
max_replication_slots = 10
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = all
autovacuum = off
log_line_prefix = '%m [%p] '
timezone = 'UTC'
lc_messages = 'C'
)";

void give_to_server_user(const fs::path& top) {
    if (::geteuid() != 0) return;
    const passwd* user = ::getpwnam(server_user);
    if (user == nullptr) throw std::runtime_error("no user 'postgres' to run PostgreSQL as");
    const auto give = [user](const fs::path& path) {
        if (::lchown(path.c_str(), user->pw_uid, user->pw_gid) != 0) throw std::runtime_error("cannot chown " + path.string());
    };
    give(top);
    for (const auto& entry : fs::recursive_directory_iterator(top)) give(entry.path());
}

child_options server_options(const temporary_directory& directory, std::vector<std::string> command) {
    child_options options;
    options.command = std::move(command);
    options.log_file = directory.path() + "/server.log";
    options.user = server_user;
    options.stop_signal = SIGQUIT;   // immediate: its own children go with it
    options.remove_directory = directory.path();
    return options;
}

// initdb's result is kept in the build directory, made by whichever test comes first.
void make_template(const fs::path& kept) {
    const temporary_directory directory;   // where the server's user may write; the build directory may be closed to it
    give_to_server_user(directory.path());
    const auto data = directory.path() + "/data";
    const auto options = server_options(directory, {RESPGRES_POSTGRES_BIN "/initdb", "-D", data, "-U", server_user, "-A", "trust", "-E",
                                                    "UTF8", "--locale=C.UTF-8", "--no-sync", "--wal-segsize=1"});
    child_process initdb(options);
    if (initdb.wait(std::chrono::seconds(50)) != 0) throw std::runtime_error("initdb failed: " + read_file(options.log_file));
    const auto half = kept.string() + ".half";
    fs::remove_all(half);
    fs::copy(data, half, fs::copy_options::recursive);
    fs::rename(half, kept);
}

// The path of the template, made once under a lock that all test processes share.
fs::path data_template() {
    const fs::path kept = RESPGRES_POSTGRES_TEMPLATE;
    fs::create_directories(kept.parent_path());
    const int lock = ::open((kept.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    const std::unique_ptr<const int, void (*)(const int*)> unlock(&lock, [](const int* fd) { ::close(*fd); });
    if (lock < 0 || ::flock(lock, LOCK_EX) != 0) throw std::runtime_error("cannot lock " + kept.string());
    if (!fs::exists(kept)) make_template(kept);
    return kept;
}

connection connect(const std::string& url) {
    return {PQconnectdb((url + "?connect_timeout=10").c_str()), &PQfinish};
}

std::vector<postgres_server::row> rows_of(const PGresult* answer) {
    std::vector<postgres_server::row> rows;
    for (int i = 0; i < PQntuples(answer); ++i) {
        auto& row = rows.emplace_back();
        for (int j = 0; j < PQnfields(answer); ++j) row.emplace_back(PQgetisnull(answer, i, j) ? "<NULL>" : PQgetvalue(answer, i, j));
    }
    return rows;
}

}  // namespace

postgres_server::postgres_server(const std::vector<std::string>& settings) {
    const auto data = directory_.path() + "/data";
    fs::copy(data_template(), data, fs::copy_options::recursive);
    std::string text =
        std::string(configuration) + "port = " + std::to_string(port()) + "\nunix_socket_directories = '" + directory_.path() + "'\n";
    for (const auto& line : settings) text += line + "\n";
    directory_.write("data/postgresql.auto.conf", text);
    fs::permissions(data, fs::perms::owner_all);
    give_to_server_user(directory_.path());
    start();
    execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
}

postgres_server& postgres_server::shared() {
    static postgres_server one;
    return one;
}

std::string postgres_server::url() const {
    return "postgresql://postgres@127.0.0.1:" + std::to_string(port()) + "/postgres";
}

std::string postgres_server::socket_url() const {
    std::string host;
    for (const char c : directory_.path()) host += c == '/' ? std::string("%2F") : std::string(1, c);
    return "postgresql://postgres@" + host + ":" + std::to_string(port()) + "/postgres";
}

std::vector<postgres_server::row> postgres_server::execute(std::string_view sql) {
    const auto link = connect(url());
    if (PQstatus(link.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(link.get()));
    const result answer(PQexec(link.get(), std::string(sql).c_str()), &PQclear);
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(link.get()));
    return rows_of(answer.get());
}

void postgres_server::start() {
    if (process_ && process_->running()) return;
    process_.emplace(server_options(directory_, {RESPGRES_POSTGRES_BIN "/postgres", "-D", directory_.path() + "/data"}));
    eventually("PostgreSQL accepts connections", [this] {
        if (!process_->running()) throw std::runtime_error("PostgreSQL ended: " + log());
        return accepts_connections();
    });
}

// A server that is killed leaves a segment of shared memory behind, and a machine has no more than 4096.
postgres_server::~postgres_server() {
    if (!process_ || !process_->running()) return;
    process_->signal_tree(SIGCONT);
    try {
        stop(mode::immediate);
    } catch (const std::runtime_error&) {
        // It does not end: then it is killed.
    }
}

void postgres_server::stop(mode how) {
    process_->stop(how == mode::fast ? SIGINT : SIGQUIT);
}

void postgres_server::restart(mode how) {
    stop(how);
    start();
}

std::string postgres_server::log() const {
    return read_file(directory_.path() + "/server.log");
}

bool postgres_server::accepts_connections() const {
    return PQping(url().c_str()) == PQPING_OK;
}

}  // namespace respgres::tests
