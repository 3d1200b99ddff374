// Predicate::cel(): the text of a tree in the Common Expression Language, as people would indent
// it.
#include <cstdlib>
#include <utility>

#include "base/json_text.h"
#include "base/text.h"
#include "rules/webhooks/predicate.h"

namespace pxguard::webhooks {
namespace {

using Form = Predicate::Form;

std::string indented(const std::string& text) {
  std::string result = "  ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "  ";
  }
  return result;
}

std::string in_brackets(const std::string& text) { return "(\n" + indented(text) + "\n)"; }

// == for one word, in [...] for several. json::quote escapes as CEL does.
std::string compared(const Words& words) {
  if (words.size() == 1) return " == " + json::quote(words.front());
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(json::quote(word));
  return " in [" + join(quoted, ", ") + "]";
}

std::string below(const std::string& variable, const Place& place) {
  return place.empty() ? variable : variable + '.' + place;
}

// has() for each optional field on the way to the place.
std::vector<std::string> guards(const std::string& variable, const Place& place) {
  std::vector<std::string> all;
  if (place.empty()) return all;
  std::string way = variable;
  for (const std::string_view part : split(place, '.')) {
    way += '.' + std::string(part);
    all.push_back("has(" + way + ")");
  }
  return all;
}

std::string guarded(const std::string& variable, const Place& place, const std::string& test) {
  std::vector<std::string> all = guards(variable, place);
  if (all.empty()) return test;
  all.push_back(test);
  return "(" + join(all, " && ") + ")";
}

std::string list_or_none(const std::string& variable, const Place& place) {
  return "(" + join(guards(variable, place), " && ") + " ? " + below(variable, place) + " : [])";
}

// What may stand in a name of an image is no letter of a pattern, but for the dot.
std::string image_pattern(const Words& names) { return "(^|/)(" + join(names, "|") + ")([:@]|$)"; }

std::string pods_of(const std::string& o) {
  const std::string job = o + ".spec.jobTemplate", pod = ".spec.template.spec";
  return "[\n"
         "  !has(" +
         o +
         ".spec) ? {} :\n"
         "  has(" +
         job +
         ") ? (\n"
         "    has(" +
         job + ".spec) && has(" + job +
         ".spec.template) &&\n"
         "    has(" +
         job + pod + ") ? " + job + pod +
         " : {}\n"
         "  ) :\n"
         "  has(" +
         o + ".spec.template) ? (has(" + o + pod + ") ? " + o + pod +
         " : {}) :\n"
         "  " +
         o +
         ".spec\n"
         "]";
}

class Writer {
 public:
  // `it`: the variable that holds the thing at hand.
  static std::string write(const Predicate& predicate, const std::string& it) {
    const auto& parts = predicate.parts;
    switch (predicate.form) {
      case Form::All: return parts.empty() ? "true" : in_brackets(operands(predicate, it, " &&\n"));
      case Form::Any:
        return parts.empty() ? "false" : in_brackets(operands(predicate, it, " ||\n"));
      case Form::Not: return "!" + in_own_brackets(parts.front(), it);
      case Form::Either:
        return write(parts[0], it) + " ?\n" + in_own_brackets(parts[1], it) + " :\n" +
               in_own_brackets(parts[2], it);
      case Form::AnyVersion:
        return "[object, oldObject].exists(o, o != null && " + in_own_brackets(parts.front(), "o") +
               ")";
      case Form::InPodTemplate:
        return pods_of(it) + ".exists(pod, " + write(parts.front(), "pod") + ")";
      case Form::AnyElement: return any_element_of(predicate, it);
      case Form::AnyKey: {
        const Place& map = predicate.places.front();
        return guarded(it, map,
                       below(it, map) + ".exists(" + predicate.name + ", " +
                           write(parts.front(), predicate.name) + ")");
      }
      default: return word_of(predicate, it);
    }
  }

 private:
  static std::string operands(const Predicate& predicate, const std::string& it,
                              std::string_view between) {
    std::vector<std::string> texts;
    for (const Predicate& part : predicate.parts) {
      std::string text = write(part, it);
      // ?: binds weaker than anything.
      texts.push_back(part.form == Form::Either ? in_brackets(text) : std::move(text));
    }
    return join(texts, between);
  }

  static std::string in_own_brackets(const Predicate& predicate, const std::string& it) {
    const std::string text = write(predicate, it);
    const bool has_own = predicate.form == Form::All || predicate.form == Form::Any;
    return has_own && !predicate.parts.empty() ? text : in_brackets(text);
  }

  static std::string any_element_of(const Predicate& predicate, const std::string& it) {
    const std::string test =
        ".exists(" + predicate.name + ", " + write(predicate.parts.front(), predicate.name) + ")";
    const auto& lists = predicate.places;
    if (lists.size() == 1) return guarded(it, lists.front(), below(it, lists.front()) + test);
    std::vector<std::string> texts;
    for (const Place& list : lists) texts.push_back(list_or_none(it, list));
    return in_brackets(join(texts, " +\n")) + test;
  }

  static std::string word_of(const Predicate& predicate, const std::string& it) {
    const auto& words = predicate.words;
    switch (predicate.form) {
      case Form::ResourceIs: return "request.resource.resource" + compared(words);
      case Form::OperationIs: return "request.operation" + compared(words);
      case Form::UserIs:
        return guarded("request.userInfo", "username",
                       "request.userInfo.username" + compared(words));
      default: return text_of(predicate, it);
    }
  }

  static std::string text_of(const Predicate& predicate, const std::string& it) {
    const Place& place = predicate.places.front();
    const std::string thing = below(it, place);
    const auto calls = [&](std::string_view function, const std::string& word) {
      return guarded(it, place,
                     thing + '.' + std::string(function) + '(' + json::quote(word) + ')');
    };
    switch (predicate.form) {
      case Form::TextIs: return guarded(it, place, thing + compared(predicate.words));
      case Form::TextBegins: return calls("startsWith", predicate.words.front());
      case Form::TextEnds: return calls("endsWith", predicate.words.front());
      case Form::TextContains: return calls("contains", predicate.words.front());
      case Form::ImageIs: return calls("matches", image_pattern(predicate.words));
      case Form::IsTrue: return guarded(it, place, thing);
      case Form::IsPresent: return "(" + join(guards(it, place), " && ") + ")";
      default: std::abort();
    }
  }
};

}  // namespace

std::string Predicate::cel() const { return Writer::write(*this, "object"); }

}  // namespace pxguard::webhooks
