#include "proxy/mappings/query_template.hpp"

#include "tests/unit/proxy/mappings/processor_time.hpp"

#include <catch2/catch.hpp>

using namespace respgres::proxy;

namespace {

using names = std::vector<std::string>;

query_template parsed(std::string_view text) {
    auto result = query_template::parse(text);
    if (const auto* wrong = std::get_if<query_template::problem>(&result)) FAIL(std::string(text) + ": " + wrong->message);
    return std::get<query_template>(std::move(result));
}

std::string sql(std::string_view text) {
    return parsed(text).sql;
}

query_template::problem problem_of(std::string_view text) {
    auto result = query_template::parse(text);
    if (!std::holds_alternative<query_template::problem>(result)) FAIL(std::string(text) + " was taken");
    return std::get<query_template::problem>(std::move(result));
}

void check_problem(std::string_view text, std::size_t offset, std::string_view says) {
    const auto found = problem_of(text);
    INFO(text << " -> " << found.message);
    CHECK(found.offset == offset);
    CHECK(found.message.find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("query_template: names become numbers in the order of their first use", "[mappings]") {
    const auto q = parsed("SELECT * FROM bets WHERE a = :x AND b > :y OR c IN (:x, :z) LIMIT :y");
    CHECK(q.sql == "SELECT * FROM bets WHERE a = $1 AND b > $2 OR c IN ($1, $3) LIMIT $2");
    CHECK(q.names == names{"x", "y", "z"});
    CHECK(q.offsets == std::vector<std::size_t>{29, 40, 56});
}

TEST_CASE("query_template: a query without parameters stays as it is", "[mappings]") {
    const std::string text = "SELECT count(*)\n  FROM bets -- all :of them\n WHERE t > now() - interval '1 day'";
    CHECK(sql(text) == text);
    CHECK(parsed(text).names.empty());
}

TEST_CASE("query_template: names differ by case and by every letter", "[mappings]") {
    CHECK(parsed("SELECT :a, :A, :a1, :a_1, :_a").names == names{"a", "A", "a1", "a_1", "_a"});
    CHECK(sql("SELECT :limit+:limits") == "SELECT $1+$2");
}

TEST_CASE("query_template: casts and := are no parameters", "[mappings]") {
    CHECK(sql("SELECT a::int, :b::text, 'c'::x.y") == "SELECT a::int, $1::text, 'c'::x.y");
    CHECK(sql("SELECT f(x := :a, y:=:b)") == "SELECT f(x := $1, y:=$2)");
    CHECK(sql("SELECT a :: int") == "SELECT a :: int");
    CHECK(parsed("SELECT (:a)::int[]").names == names{"a"});
}

TEST_CASE("query_template: strings, quoted names and comments are left alone", "[mappings]") {
    for (const auto* text :
         {"SELECT ':a', 'it''s :a', '\\', ':a'", "SELECT E'\\':a', E'\\\\', e'a'':b'", "SELECT E'x'\n  '\\':a'",
          "SELECT U&'\\0041:a', N':a', B'1', X'1f'", "SELECT \":a\", U&\":a\", \"x\"\":a\"", "SELECT $$ :a ' $$, $t$ :a $$ :b $u$ $t$",
          "SELECT 1 /* :a /* ' :b */ \" :c */ + 2", "SELECT 1 -- :a '\n + 2 --:b", "SELECT a$b$, 'x', c$b$ FROM t"}) {
        INFO(text);
        CHECK(sql(text) == text);
        CHECK(parsed(text).names.empty());
    }
}

TEST_CASE("query_template: parameters right behind strings and comments are found", "[mappings]") {
    CHECK(sql("SELECT 'a''':b") == "SELECT 'a'''$1");
    CHECK(sql("SELECT '\\':b") == "SELECT '\\'$1");
    CHECK(sql("SELECT E'\\'':b") == "SELECT E'\\''$1");
    CHECK(sql("SELECT $$x$$:b") == "SELECT $$x$$ $1");
    CHECK(sql("SELECT $t$ :a $t$ || :b") == "SELECT $t$ :a $t$ || $1");
    CHECK(sql("SELECT /*:a*/:b--:c\n,:d") == "SELECT /*:a*/$1--:c\n,$2");
    CHECK(sql("SELECT U&'\\':b") == "SELECT U&'\\'$1");
    CHECK(sql("SELECT fooE'\\':b") == "SELECT fooE'\\'$1");
}

TEST_CASE("query_template: a number never grows together with the name before it", "[mappings]") {
    CHECK(sql("SELECT 1 LIMIT:n") == "SELECT 1 LIMIT $1");
    CHECK(sql("SELECT x:n") == "SELECT x $1");
    CHECK(sql("SELECT 1:n") == "SELECT 1 $1");
    CHECK(sql("SELECT :a:b") == "SELECT $1 $2");
    CHECK(sql("SELECT (:a):b") == "SELECT ($1)$2");
}

TEST_CASE("query_template: slices of arrays are told from parameters", "[mappings]") {
    for (const auto* text :
         {"SELECT a[1:2]", "SELECT a[:2]", "SELECT a[1:]", "SELECT a[:]", "SELECT a[1:n]", "SELECT a[b:c]", "SELECT a[b :c]",
          "SELECT a[\"b\":c]", "SELECT a[f(x):c]", "SELECT a[b[1]:c]", "SELECT a[1:2][m:n]", "SELECT a[1:E'\\''::int]"}) {
        INFO(text);
        CHECK(sql(text) == text);
    }
    CHECK(sql("SELECT a[:i]") == "SELECT a[$1]");
    CHECK(sql("SELECT a[:i : :j]") == "SELECT a[$1 : $2]");
    CHECK(sql("SELECT a[1 : :j]") == "SELECT a[1 : $1]");
    CHECK(sql("SELECT a[:i:j]") == "SELECT a[$1:j]");
    CHECK(sql("SELECT ARRAY[:a, :b, 1, :c]") == "SELECT ARRAY[$1, $2, 1, $3]");
    CHECK(sql("SELECT ARRAY[(SELECT x FROM t WHERE y = :a LIMIT :b)]") == "SELECT ARRAY[(SELECT x FROM t WHERE y = $1 LIMIT $2)]");
    CHECK(sql("SELECT ARRAY[x + :a, CASE WHEN :b THEN :c ELSE :d END, f(:e)]") ==
          "SELECT ARRAY[x + $1, CASE WHEN $2 THEN $3 ELSE $4 END, f($5)]");
    CHECK(sql("SELECT a[1], x = :b") == "SELECT a[1], x = $1");
}

TEST_CASE("query_template: a final semicolon goes, with what is no text behind it", "[mappings]") {
    CHECK(sql("SELECT 1;") == "SELECT 1");
    CHECK(sql("SELECT :a ; -- done\n ; /* x */ ") == "SELECT $1 ");
    CHECK(sql("SELECT ';'") == "SELECT ';'");
}

TEST_CASE("query_template: a second statement is a problem where it begins", "[mappings]") {
    check_problem("SELECT 1; SELECT 2", 10, "text after ';'");
    check_problem("SELECT 1;:x", 9, "text after ';'");
    check_problem("SELECT 1;;DROP TABLE t", 10, "text after ';'");
    check_problem("SELECT 1; 'x'", 10, "text after ';'");
}

TEST_CASE("query_template: a query begins with SELECT, WITH, VALUES or TABLE", "[mappings]") {
    for (const auto* text : {"select 1", "SeLeCt 1", "WITH x AS (SELECT 1) SELECT * FROM x", "VALUES (1)", "TABLE t",
                             " -- hi\n /* ! */ SELECT 1", "(SELECT 1) UNION ALL (SELECT 2)", "((SELECT 1))"}) {
        CHECK_NOTHROW(parsed(text));
    }
    check_problem("", 0, "the query is empty");
    check_problem(" -- only this", 0, "the query is empty");
    check_problem("(", 0, "the query is empty");
    check_problem("INSERT INTO t VALUES (1)", 0, "begins with SELECT, WITH, VALUES or TABLE, not with 'INSERT'");
    check_problem("  update t SET a = 1", 2, "not with 'update'");
    for (const auto* text : {"DELETE FROM t", "DROP TABLE t", "COPY t TO STDOUT", "EXPLAIN SELECT 1", "SHOW x", "BEGIN", "CALL f()",
                             "DO $$ $$", "SELECTED", "\"select\" 1", "'select'", "1", "+ SELECT 1", ";", "; SELECT 1", ":select"}) {
        INFO(text);
        CHECK_FALSE(problem_of(text).message.empty());
    }
}

TEST_CASE("query_template: what writes is a problem at its word", "[mappings]") {
    check_problem("WITH x AS (SELECT 1) DELETE FROM t", 21, "DELETE writes");
    check_problem("WITH x AS (SELECT 1) update t SET a = 1", 21, "UPDATE writes");
    check_problem("WITH x AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM x", 11, "INSERT writes");
    check_problem("WITH x AS NOT MATERIALIZED ( DELETE FROM t RETURNING a) SELECT * FROM x", 29, "DELETE writes");
    check_problem("WITH x AS (SELECT 1), y AS (UPDATE t SET a = 1 RETURNING a) SELECT 1", 28, "UPDATE writes");
    check_problem("WITH x AS (SELECT 1) MERGE INTO t USING x ON true WHEN MATCHED THEN DELETE", 21, "MERGE writes");
    check_problem("SELECT a INTO u FROM t", 9, "SELECT INTO writes a table");
    check_problem("SELECT a FROM t FOR UPDATE", 20, "locks rows");
    check_problem("SELECT a FROM t FOR NO KEY UPDATE", 20, "locks rows");
    check_problem("SELECT a FROM t FOR SHARE", 20, "locks rows");
    check_problem("SELECT a FROM t FOR KEY SHARE", 20, "locks rows");
}

TEST_CASE("query_template: columns may have the names of commands", "[mappings]") {
    for (const auto* text :
         {"SELECT update, delete FROM t", "SELECT t.into, t.update FROM t", "SELECT a AS into FROM t", "SELECT a AS update FROM t",
          "SELECT count(delete) FROM t", "WITH x AS (SELECT count(delete), insert FROM t) SELECT update FROM x",
          "SELECT 'INSERT INTO', \"into\" FROM t", "SELECT substring(a FROM 1 FOR 3) FROM t", "SELECT 1 /* INSERT INTO */",
          "WITH x AS (SELECT 1) SELECT (SELECT 1) AS update"}) {
        INFO(text);
        CHECK(sql(text) == text);
    }
}

TEST_CASE("query_template: numbered parameters of the user's own are a problem", "[mappings]") {
    check_problem("SELECT * FROM t WHERE a = $1", 26, "uses '$1'; parameters are written as the captures' names");
    check_problem("SELECT :a, $12", 11, "'$12'");
    CHECK(sql("SELECT '$1', \"$1\", $$ $1 $$, a$1, 1 -- $1") == "SELECT '$1', \"$1\", $$ $1 $$, a$1, 1 -- $1");
}

TEST_CASE("query_template: what does not end is a problem where it begins", "[mappings]") {
    check_problem("SELECT 'a", 7, "string does not end");
    check_problem("SELECT \"a", 7, "quoted name does not end");
    check_problem("SELECT $x$ $y$", 7, "dollar-quoted string does not end");
    check_problem("SELECT 1 /* /* */", 9, "comment does not end");
}

TEST_CASE("query_template: a NUL byte is a problem, wherever it hides", "[mappings]") {
    using namespace std::string_view_literals;
    check_problem("SELECT 1\0; DROP TABLE t"sv, 8, "NUL byte");
    check_problem("SELECT 'a\0'"sv, 9, "NUL byte");
    check_problem("SELECT 1 -- \0"sv, 12, "NUL byte");
}

TEST_CASE("query_template: a large query of anything costs no quadratic time", "[mappings]") {
    const auto many = [](std::string_view piece) {
        std::string out = "SELECT ";
        while (out.size() < 300'000) out += piece;
        return out;
    };
    const auto start = respgres::tests::processor_seconds();
    for (const auto* piece :
         {"'", "''", "E'", "E'' ", "/*", "*/", "$", "$$", "$a$", "$a", "(", "[", ":a ", "--\n", "E'a'\n", "\"", "a[b:", "as (", "\\'"}) {
        CHECK_NOTHROW(query_template::parse(many(piece)));
    }
    std::string different = "SELECT ";
    for (int i = 0; i < 30'000; ++i) different += ":n" + std::to_string(i) + ",";
    CHECK(parsed(different).names.size() == 30'000);
    // A tenth of a second in a release build, some seconds with sanitizers.
    CHECK(respgres::tests::processor_seconds() - start < 20);
}
