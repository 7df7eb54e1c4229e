# What a third party does: installs the SDK component alone, builds plugins against the installed
# package with a project of its own, and has them loaded.
# In: BUILD (a built tree), SOURCE, WORK (scratch), LOADER (the test program), and the compilers.
file(REMOVE_RECURSE "${WORK}")

function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD}" --component sdk --prefix "${WORK}/prefix")
file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix" "${WORK}/prefix/*")
foreach(file IN LISTS installed)
    if(NOT file MATCHES "^(include/chartroom|lib/cmake/ChartroomSdk|lib/pkgconfig|share/chartroom/sdk/js)/")
        message(FATAL_ERROR "the sdk component installs something else: ${file}")
    endif()
endforeach()
if(NOT EXISTS "${WORK}/prefix/share/chartroom/sdk/js/package.json")
    message(FATAL_ERROR "the sdk component lacks the client library for JavaScript")
endif()

foreach(project examples template)
    # Copied: nothing of the source tree is within reach by a relative path.
    file(COPY "${SOURCE}/sdk/${project}" DESTINATION "${WORK}")
    run("${CMAKE_COMMAND}" -G Ninja -S "${WORK}/${project}" -B "${WORK}/build/${project}"
        "-DCMAKE_PREFIX_PATH=${WORK}/prefix" "-DCMAKE_C_COMPILER=${C_COMPILER}"
        "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
        "-DCMAKE_C_FLAGS=${FLAGS}" "-DCMAKE_BUILD_TYPE=Release" "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF")
    run("${CMAKE_COMMAND}" --build "${WORK}/build/${project}")
endforeach()

set(ENV{CHARTROOM_BUILT_PLUGINS} "${WORK}/build")
execute_process(COMMAND "${LOADER}" COMMAND_ERROR_IS_FATAL ANY)
