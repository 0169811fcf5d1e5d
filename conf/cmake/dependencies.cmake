# Every outside library, as one imported target each. conf/packages.sh installs what Debian calls them.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(prometheus-cpp REQUIRED)

# Asio is compiled once, here, instead of in every file that uses it.
add_library(respgres_asio STATIC ${CMAKE_CURRENT_LIST_DIR}/asio.cpp)
add_library(respgres::asio ALIAS respgres_asio)
target_compile_definitions(respgres_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
if(RESPGRES_SANITIZE MATCHES thread)
    # ThreadSanitizer does not understand fences; Asio's handlers are ordered by its mutexes without them.
    target_compile_definitions(respgres_asio PUBLIC BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
target_include_directories(respgres_asio SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
target_link_libraries(respgres_asio PUBLIC Threads::Threads)

# hiredis: its formatter and its reader only (README.md, "Decisions").
find_path(HIREDIS_INCLUDE hiredis/hiredis.h REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)
add_library(respgres_hiredis INTERFACE)
add_library(respgres::hiredis ALIAS respgres_hiredis)
target_include_directories(respgres_hiredis SYSTEM INTERFACE ${HIREDIS_INCLUDE})
target_link_libraries(respgres_hiredis INTERFACE ${HIREDIS_LIBRARY})

# llhttp: a library where the distribution has one (Debian 13), else the three generated C files that node-llhttp ships (Debian 12).
find_library(LLHTTP_LIBRARY llhttp)
find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp /usr/include REQUIRED)
if(LLHTTP_LIBRARY)
    add_library(respgres_llhttp INTERFACE)
    target_link_libraries(respgres_llhttp INTERFACE ${LLHTTP_LIBRARY})
    target_include_directories(respgres_llhttp SYSTEM INTERFACE ${LLHTTP_INCLUDE})
else()
    find_path(LLHTTP_SOURCES llhttp.c PATHS /usr/share/llhttp REQUIRED)
    add_library(respgres_llhttp STATIC ${LLHTTP_SOURCES}/api.c ${LLHTTP_SOURCES}/http.c ${LLHTTP_SOURCES}/llhttp.c)
    target_include_directories(respgres_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
endif()
add_library(respgres::llhttp ALIAS respgres_llhttp)

add_library(respgres_libpq INTERFACE)
add_library(respgres::libpq ALIAS respgres_libpq)
target_include_directories(respgres_libpq SYSTEM INTERFACE ${PostgreSQL_INCLUDE_DIRS})
target_link_libraries(respgres_libpq INTERFACE ${PostgreSQL_LIBRARIES})

add_library(respgres_tomlplusplus INTERFACE)
add_library(respgres::tomlplusplus ALIAS respgres_tomlplusplus)
target_link_libraries(respgres_tomlplusplus INTERFACE tomlplusplus::tomlplusplus)

find_path(CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
add_library(respgres_cli11 INTERFACE)
add_library(respgres::cli11 ALIAS respgres_cli11)
target_include_directories(respgres_cli11 SYSTEM INTERFACE ${CLI11_INCLUDE})
