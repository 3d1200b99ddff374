# Tells cli/version.cc which pxguard this is. The commit is the one that CMake was configured at;
# outside of a clone it is unknown.
function(pxguard_version)
  set(commit "")
  find_package(Git QUIET)
  if(GIT_FOUND)
    execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --short=12 HEAD
                    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT commit)
    set(commit "unknown")
  endif()
  set_source_files_properties(${PROJECT_SOURCE_DIR}/cli/version.cc PROPERTIES COMPILE_DEFINITIONS
    "PXGUARD_VERSION=\"${PROJECT_VERSION}\";PXGUARD_COMMIT=\"${commit}\"")
endfunction()
