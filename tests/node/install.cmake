# npm writes node_modules/.package-lock.json last; while it is newer than the lock, nothing is due.
set(folder "${CMAKE_CURRENT_LIST_DIR}")
if("${folder}/node_modules/.package-lock.json" IS_NEWER_THAN "${folder}/package-lock.json")
    return()
endif()
execute_process(COMMAND "${NPM}" ci --no-audit --no-fund --ignore-scripts WORKING_DIRECTORY "${folder}"
                COMMAND_ERROR_IS_FATAL ANY)
