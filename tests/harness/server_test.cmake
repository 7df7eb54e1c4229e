# chartroom_server_test(NAME COMMAND … LABELS … TIMEOUT … [NODE]): a ctest that starts the built
# server. NODE: it needs what tests/node installs, once, from npm.
set(CHARTROOM_PYTHON /usr/bin/python3 CACHE FILEPATH
    "The interpreter of the tests that talk to the server; needs the package websockets")
set(CHARTROOM_NODE_FOLDER "${CMAKE_CURRENT_LIST_DIR}/../node")

# Under a sanitizer everything takes several times longer.
set(slowness 1)
if(CHARTROOM_SANITIZE)
    set(slowness 4)
endif()
math(EXPR patience "20 * ${slowness}")

function(chartroom_server_test name)
    cmake_parse_arguments(ARG "NODE" "TIMEOUT" "COMMAND;LABELS" ${ARGN})
    if(NOT TARGET chartroom)
        return()
    endif()
    math(EXPR timeout "${ARG_TIMEOUT} * ${slowness}")
    add_test(NAME ${name} COMMAND ${ARG_COMMAND}
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}/tests")
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${timeout}
        # The leak checker follows thread-local storage into plugins that are unloaded, and crashes.
        ENVIRONMENT "LSAN_OPTIONS=use_tls=0;CHARTROOM_TEST_PATIENCE=${patience};CHARTROOM_BINARY=$<TARGET_FILE:chartroom>;CHARTROOM_NODE_FOLDER=${CHARTROOM_NODE_FOLDER};CHARTROOM_TEST_PLUGINS=${CMAKE_BINARY_DIR}/tests/plugins;CHARTROOM_TEST_OUTPUT=${CMAKE_BINARY_DIR}/tests/output")
    if(ARG_NODE)
        set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED node_packages)
    endif()
endfunction()
