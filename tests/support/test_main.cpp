// Catch2's main, compiled once for all tests.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

int main(int argc, char** argv) {
    Catch::Session session;
    // A case that checks nothing, and a filter that finds nothing, are failures. (Its command line takes only one --warn.)
    session.configData().warnings = static_cast<Catch::WarnAbout::What>(Catch::WarnAbout::NoAssertions | Catch::WarnAbout::NoTests);
    return session.run(argc, argv);
}
