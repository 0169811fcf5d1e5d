# Language level, warnings, hardening and sanitizers: one interface target, `respgres::options`, which every target of ours links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# One way for libraries and programs, so that tests can share a precompiled header with a library.
add_compile_options(-fPIE)
add_link_options(-pie)
# A tenth of a cold build's time is linking the tests with ld.
find_program(MOLD mold)
if(MOLD)
    add_link_options(-fuse-ld=mold)
endif()

# Assertions stay in a release: people run this in front of their money.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "build type" FORCE)
endif()

# Bugs planted on purpose, for tests/consistency only (proxy/plants.hpp).
option(RESPGRES_PLANTS "build the bugs that the consistency tests switch on by the environment; never for use" OFF)

set(RESPGRES_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them: 'address' or 'thread,undefined'")

# Half of a cold build's time is Asio's and Catch2's headers. Off in the preset `clang`, so that a missing #include is found.
option(RESPGRES_PRECOMPILE "precompile the headers of large libraries" ON)

# Precompiles HEADERS for the files of a target.
function(respgres_precompile target)
    if(RESPGRES_PRECOMPILE)
        target_precompile_headers(${target} PRIVATE ${ARGN})
    endif()
endfunction()

# Half of what a sanitizer's build compiles is the same templates again in each file. On in the sanitizers' presets only: where files are
# edited, one file at a time is faster, and a missing #include shall be found.
option(RESPGRES_JOIN_SOURCES "compile a library's files a few at a time" OFF)

# Lets a target's files be joined, but for ALONE, whose local names or headers clash with another's.
function(respgres_join_sources target)
    if(RESPGRES_JOIN_SOURCES)
        cmake_parse_arguments(join "" "" "ALONE" ${ARGN})
        set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
        if(join_ALONE)
            set_source_files_properties(${join_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
        endif()
    endif()
endfunction()

find_program(CCACHE ccache)
if(CCACHE)
    # What ccache's manual asks for with precompiled headers.
    set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
    set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
    if(RESPGRES_PRECOMPILE)
        add_compile_options(
            "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>"
            "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:SHELL:-Xclang -fno-pch-timestamp>")
    endif()
endif()

add_library(respgres_options INTERFACE)
add_library(respgres::options ALIAS respgres_options)
target_include_directories(respgres_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(respgres_options INTERFACE RESPGRES_VERSION="${PROJECT_VERSION}")
if(RESPGRES_PLANTS)
    target_compile_definitions(respgres_options INTERFACE RESPGRES_PLANTS)
endif()
target_compile_options(respgres_options INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror>
    -fno-omit-frame-pointer -fstack-protector-strong)

if(RESPGRES_JOIN_SOURCES)
    # A local name may be that of another file's function; and what is local to a file is in an included one now.
    target_compile_options(respgres_options INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-shadow> $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC bugs 105329 and 105651: g++ 12 warns of overlapping copies in `"literal" + std::string` that cannot be; with precompiled headers,
    # which hide from it that <string> is a system header, also of copies out of bounds.
    target_compile_options(respgres_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
    if(RESPGRES_PRECOMPILE)
        target_compile_options(respgres_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
    endif()
endif()

if(RESPGRES_SANITIZE)
    add_compile_options(-fsanitize=${RESPGRES_SANITIZE} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${RESPGRES_SANITIZE})
    if(RESPGRES_SANITIZE MATCHES thread AND RESPGRES_SANITIZE MATCHES undefined)
        # It asks the kernel through a pipe whether memory can be read, which ThreadSanitizer then reports as a race.
        add_compile_options(-fno-sanitize=vptr)
    endif()
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # g++ 12 reports false positives of these inside libstdc++ and coroutine frames when the sanitizers' instrumentation is on.
        target_compile_options(respgres_options INTERFACE
            $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-mismatched-new-delete>)
    endif()
else()
    target_compile_options(respgres_options INTERFACE $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
    target_link_options(respgres_options INTERFACE -Wl,-z,relro,-z,now)
endif()
