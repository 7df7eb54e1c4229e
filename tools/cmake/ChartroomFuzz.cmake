# chartroom_fuzz(NAME SOURCES … DEPENDS core/dialects … [CORPUS folder] [LIBRARIES …])
#   A libFuzzer program (preset fuzz), and a ctest that runs its seed corpus and then a bounded time
#   of new inputs. CORPUS is a folder of seeds beside the CMakeLists.txt, corpus/NAME by default; it
#   is read only: what the run finds goes to a folder of the build tree, so that seeds are added on
#   purpose. To search for longer: build/fuzz/tests/NAME build/fuzz/tests/corpus/NAME SEEDS

# CHARTROOM_FUZZ_SECONDS in the environment of ctest says how long each searches (10 by default, at
# most 240).

if(CHARTROOM_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "CHARTROOM_FUZZ needs clang: use the preset fuzz")
    endif()
    # Everything that a fuzz target links is instrumented; only the targets get libFuzzer's main.
    add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
        -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
    add_custom_target(fuzzers)
endif()

function(chartroom_fuzz name)
    cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
    if(NOT ARG_CORPUS)
        set(ARG_CORPUS "corpus/${name}")
    endif()
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
    target_include_directories(${name} PRIVATE "${CHARTROOM_INCLUDE_ROOT}")
    foreach(dependency IN LISTS ARG_DEPENDS)
        chartroom_target_name(${dependency} target)
        target_link_libraries(${name} PRIVATE ${target})
    endforeach()
    target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} chartroom_warnings)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})

    set(found "${CMAKE_BINARY_DIR}/tests/corpus/${name}")
    file(MAKE_DIRECTORY "${found}")
    set(options -runs=2000000 -max_len=4096 -timeout=5 -rss_limit_mb=1024 -print_final_stats=1)
    list(JOIN options " " options)
    add_test(NAME ${name} COMMAND sh -c
        "exec '$<TARGET_FILE:${name}>' -max_total_time=\${CHARTROOM_FUZZ_SECONDS:-10} ${options} \
        '-artifact_prefix=${found}/' '${found}' '${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS}'")
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
endfunction()
