#include "cluster/activation.h"

namespace pxguard::cluster {

ActivationStep next_step(const ActivationSeen& seen) {
  using Do = ActivationStep::Do;
  // Nobody answers any more once the last one has gone. Nothing else is begun on the way out.
  if (seen.is_leaving)
    return {seen.is_last && seen.exists && seen.is_closed && seen.may_close ? Do::Open
                                                                            : Do::Nothing};
  // What cannot be answered must not be asked: but what is asked already is put right.
  if (!seen.exists) return {seen.can_answer ? Do::Create : Do::Nothing};
  if (!seen.is_as_wanted) return {Do::Apply};
  if (!seen.may_close || seen.is_closed || !seen.can_answer) return {Do::Nothing};
  return {seen.is_proven ? Do::Close : Do::Prove};
}

std::string_view to_string(ActivationStep::Do what) {
  switch (what) {
    case ActivationStep::Do::Nothing: return "nothing";
    case ActivationStep::Do::Create: return "create";
    case ActivationStep::Do::Apply: return "apply";
    case ActivationStep::Do::Prove: return "prove";
    case ActivationStep::Do::Close: return "close";
    case ActivationStep::Do::Open: return "open";
  }
  return "";
}

}  // namespace pxguard::cluster
