# How everything is compiled: language levels, warnings, sanitizers, output folders.
include(GNUInstallDirs)

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_VISIBILITY_PRESET default)

# The build tree has the shape of an installation, so the binary finds its plugins in both.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CHARTROOM_PLUGIN_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib/chartroom/plugins")
set(CHARTROOM_PLUGIN_INSTALL_DIRECTORY "${CMAKE_INSTALL_LIBDIR}/chartroom/plugins")
# lib, not lib/<triplet>: the binary looks in ../lib/chartroom/plugins.
set(CMAKE_INSTALL_LIBDIR lib CACHE STRING "" FORCE)
set(CHARTROOM_PLUGIN_INSTALL_DIRECTORY "lib/chartroom/plugins")

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # base_dir and hash_dir let the trees of different presets and checkouts share the cache.
    set(CHARTROOM_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
        CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=8G "${CCACHE_PROGRAM}")
    set(CMAKE_C_COMPILER_LAUNCHER ${CHARTROOM_LAUNCHER})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CHARTROOM_LAUNCHER})
endif()

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_link_options(-fuse-ld=mold)
endif()

set(CHARTROOM_SANITIZE "" CACHE STRING "address,undefined or thread; empty for none")
if(CHARTROOM_SANITIZE)
    add_compile_options(-fsanitize=${CHARTROOM_SANITIZE} -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${CHARTROOM_SANITIZE})
    if(CHARTROOM_SANITIZE MATCHES "undefined")
        add_compile_options(-fno-sanitize-recover=undefined)
    endif()
endif()

option(CHARTROOM_WERROR "Treat warnings as errors" ON)
add_library(chartroom_warnings INTERFACE)
target_compile_options(chartroom_warnings INTERFACE -Wall -Wextra -Wpedantic
    $<$<BOOL:${CHARTROOM_WERROR}>:-Werror>)
# g++ 12 reports false positives in its own std::string (GCC bugs 105651, 105329) and std::expected
# at -O2 and above; the sanitizer builds look for the real ones.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(chartroom_warnings INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict -Wno-maybe-uninitialized
            -Wno-missing-field-initializers>)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # The second is libstdc++ 12's own temporary buffer, in std::ranges::stable_sort.
    target_compile_options(chartroom_warnings INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-designated-field-initializers
            -Wno-deprecated-declarations>)
endif()

find_package(Threads REQUIRED)
