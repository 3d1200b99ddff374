# Embeds rules/examples/*/*.yaml, so that `explain` needs no files beside the program. The same file
# is the module that adds the step and the script that the step runs.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files RELATIVE ${EXAMPLES} ${EXAMPLES}/*/*.yaml)
  list(SORT files)
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(folder "${file}" DIRECTORY)
    get_filename_component(name "${file}" NAME)
    file(READ "${EXAMPLES}/${file}" text)
    string(APPEND entries "    {\"${folder}\", \"${name}\", R\"__(${text})__\"},\n")
  endforeach()
  file(WRITE ${OUTPUT}
"// Generated from rules/examples by cmake/rule_examples.cmake.
#include \"cli/rule_docs.h\"

#include <vector>

namespace pxguard::cli {

std::span<const Example> rule_examples() {
  static const std::vector<Example> examples = {
${entries}  };
  return examples;
}

}  // namespace pxguard::cli
")
  return()
endif()

function(pxguard_rule_examples target)
  set(folder ${PROJECT_SOURCE_DIR}/rules/examples)
  set(output ${PROJECT_BINARY_DIR}/generated/rule_examples.cc)
  set(script ${PROJECT_SOURCE_DIR}/cmake/rule_examples.cmake)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*/*.yaml)
  # The list itself, so that a file that goes away is noticed as well as one that changes.
  string(REPLACE ";" "\n" list "${files}")
  file(CONFIGURE OUTPUT ${output}.list CONTENT "${list}\n" @ONLY)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DEXAMPLES=${folder} -DOUTPUT=${output} -P ${script}
    DEPENDS ${files} ${output}.list ${script}
    COMMENT "Embedding rules/examples" VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
