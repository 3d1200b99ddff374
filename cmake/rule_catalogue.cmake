# Writes catalogue.cc: the list of rules, made from the files in rules/checks. Adding a rule is
# adding a file; a rule whose namespace is not its file's name is an undefined reference that says so.
function(pxguard_rule_catalogue target)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/rules/checks
       ${PROJECT_SOURCE_DIR}/rules/checks/*.cc)
  list(SORT files)
  set(declarations "")
  set(entries "")
  foreach(file IN LISTS files)
    get_filename_component(name ${file} NAME_WE)
    string(APPEND declarations "namespace ${name} {\nextern const Rule rule;\n}\n")
    string(APPEND entries "    &${name}::rule,\n")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/catalogue.cc CONTENT
"// Generated from rules/checks by cmake/rule_catalogue.cmake.
#include \"rules/catalogue.h\"

namespace pxguard::rules {

${declarations}
namespace {
const Rule* const kRules[] = {
${entries}};
}  // namespace

std::span<const Rule* const> catalogue() { return kRules; }

}  // namespace pxguard::rules
" @ONLY)
  target_sources(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated/catalogue.cc)
endfunction()
