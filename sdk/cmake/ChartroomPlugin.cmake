# add_chartroom_plugin(name SOURCES file… [LIBRARIES target…])
#   A shared object <name>.so that the host loads: it exports the entry and nothing else, shares no
#   symbol with the host or another plugin, and has every symbol that it needs.
set(CHARTROOM_PLUGIN_EXPORTS "${CMAKE_CURRENT_LIST_DIR}/plugin.map")

function(add_chartroom_plugin name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
    if(NOT ARG_SOURCES OR ARG_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "usage: add_chartroom_plugin(name SOURCES file… [LIBRARIES target…])")
    endif()
    add_library(${name} MODULE ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE chartroom::sdk ${ARG_LIBRARIES})
    set_target_properties(${name} PROPERTIES
        PREFIX ""
        POSITION_INDEPENDENT_CODE ON
        C_VISIBILITY_PRESET hidden
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
        LINK_DEPENDS "${CHARTROOM_PLUGIN_EXPORTS}")
    # Unique symbols are shared between all copies of a plugin and keep it from being unloaded.
    target_compile_options(${name} PRIVATE
        $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CXX_COMPILER_ID:GNU>>:-fno-gnu-unique>)
    target_link_options(${name} PRIVATE "LINKER:--version-script=${CHARTROOM_PLUGIN_EXPORTS}"
        "LINKER:-z,now")
    # A sanitizer of clang leaves its runtime to the program.
    if(NOT (CHARTROOM_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang"))
        target_link_options(${name} PRIVATE "LINKER:-z,defs")
    endif()
    if(CHARTROOM_PLUGIN_OUTPUT_DIRECTORY)
        set_target_properties(${name} PROPERTIES
            LIBRARY_OUTPUT_DIRECTORY "${CHARTROOM_PLUGIN_OUTPUT_DIRECTORY}")
    endif()
endfunction()
