#include "rules/webhooks/predicate.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace pxguard::webhooks {
namespace {

using Form = Predicate::Form;

// What a predicate is asked about: a value of an object, or the key of a map.
struct Thing {
  json::Value value{};
  std::string_view text{};
};

Thing thing_of(json::Value value) { return {value, value.text()}; }

Thing at(const Thing& thing, const Place& place) {
  return place.empty() ? thing : thing_of(thing.value.at(place));
}

// As the expression of in_pod_template finds it.
json::Value pod_of(json::Value object) {
  const json::Value spec = object["spec"];
  if (spec["jobTemplate"]) return spec.at("jobTemplate.spec.template.spec");
  if (spec["template"]) return spec["template"]["spec"];
  return spec;
}

bool is_one_of(std::string_view text, const Words& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// As the pattern of image_is: a name between / and the tag, wherever in the text.
bool has_image(std::string_view text, const Words& names) {
  return std::any_of(names.begin(), names.end(), [text](const std::string& name) {
    for (std::size_t i = text.find(name); i != std::string_view::npos; i = text.find(name, i + 1)) {
      const std::size_t end = i + name.size();
      const bool begins = i == 0 || text[i - 1] == '/';
      if (begins && (end == text.size() || text[end] == ':' || text[end] == '@')) return true;
    }
    return false;
  });
}

class Asked {
 public:
  explicit Asked(const Request& request) : request_(request) {}

  [[nodiscard]] bool holds(const Predicate& predicate, const Thing& thing) const {
    const auto is_true = [&](const Predicate& part) { return holds(part, thing); };
    const auto& parts = predicate.parts;
    switch (predicate.form) {
      case Form::All: return std::all_of(parts.begin(), parts.end(), is_true);
      case Form::Any: return std::any_of(parts.begin(), parts.end(), is_true);
      case Form::Not: return !is_true(parts.front());
      case Form::Either: return is_true(parts[0]) ? is_true(parts[1]) : is_true(parts[2]);
      case Form::AnyVersion: return holds_of_version(parts.front());
      case Form::InPodTemplate: return holds(parts.front(), thing_of(pod_of(thing.value)));
      case Form::AnyElement:
      case Form::AnyKey: return holds_of_part(predicate, thing);
      case Form::ResourceIs: return is_one_of(request_.resource, predicate.words);
      case Form::OperationIs: return is_one_of(request_.operation, predicate.words);
      case Form::UserIs: return is_one_of(request_.user, predicate.words);
      default: return is_so(predicate, at(thing, predicate.places.front()));
    }
  }

 private:
  [[nodiscard]] bool holds_of_version(const Predicate& part) const {
    const auto is_true = [&](json::Value version) {
      return version.is_set() && holds(part, thing_of(version));
    };
    return is_true(request_.object) || is_true(request_.old_object);
  }

  [[nodiscard]] bool holds_of_part(const Predicate& predicate, const Thing& thing) const {
    for (const Place& place : predicate.places) {
      const json::Value whole = at(thing, place).value;
      for (const json::Value element : whole.elements())
        if (holds(predicate.parts.front(), thing_of(element))) return true;
      for (const auto& [key, value, node] : whole.members())
        if (holds(predicate.parts.front(), {value, key})) return true;
    }
    return false;
  }

  static bool is_so(const Predicate& predicate, const Thing& thing) {
    const auto& words = predicate.words;
    const std::string_view text = thing.text;
    switch (predicate.form) {
      case Form::TextIs: return is_one_of(text, words);
      case Form::TextBegins: return text.starts_with(words.front());
      case Form::TextEnds: return text.ends_with(words.front());
      case Form::TextContains: return text.find(words.front()) != std::string_view::npos;
      case Form::ImageIs: return has_image(text, words);
      case Form::IsTrue: return thing.value.boolean_or(false);
      case Form::IsPresent: return thing.value.is_set();
      default: std::abort();
    }
  }

  const Request& request_;
};

}  // namespace

bool Predicate::holds(const Request& request) const { return Asked(request).holds(*this, {}); }

Predicate resource_is(Words words) { return {.form = Form::ResourceIs, .words = std::move(words)}; }
Predicate operation_is(std::string word) {
  return {.form = Form::OperationIs, .words = {std::move(word)}};
}
Predicate user_is(Words words) { return {.form = Form::UserIs, .words = std::move(words)}; }

Predicate text_is(Place place, Words words) {
  return {.form = Form::TextIs, .words = std::move(words), .places = {std::move(place)}};
}
Predicate text_begins(Place place, std::string word) {
  return {.form = Form::TextBegins, .words = {std::move(word)}, .places = {std::move(place)}};
}
Predicate text_ends(Place place, std::string word) {
  return {.form = Form::TextEnds, .words = {std::move(word)}, .places = {std::move(place)}};
}
Predicate text_contains(Place place, std::string word) {
  return {.form = Form::TextContains, .words = {std::move(word)}, .places = {std::move(place)}};
}
Predicate image_is(Place place, Words words) {
  return {.form = Form::ImageIs, .words = std::move(words), .places = {std::move(place)}};
}
Predicate is_true(Place place) { return {.form = Form::IsTrue, .places = {std::move(place)}}; }
Predicate is_present(Place place) {
  return {.form = Form::IsPresent, .places = {std::move(place)}};
}

Predicate any_element(std::string name, std::vector<Place> lists, Predicate part) {
  return {.form = Form::AnyElement,
          .places = std::move(lists),
          .name = std::move(name),
          .parts = {std::move(part)}};
}
Predicate any_key(std::string name, Place map, Predicate part) {
  return {.form = Form::AnyKey,
          .places = {std::move(map)},
          .name = std::move(name),
          .parts = {std::move(part)}};
}
Predicate any_version(Predicate part) {
  return {.form = Form::AnyVersion, .parts = {std::move(part)}};
}
Predicate in_pod_template(Predicate part) {
  return {.form = Form::InPodTemplate, .parts = {std::move(part)}};
}

Predicate all(std::vector<Predicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return {.form = Form::All, .parts = std::move(parts)};
}
Predicate any(std::vector<Predicate> parts) {
  if (parts.size() == 1) return std::move(parts.front());
  return {.form = Form::Any, .parts = std::move(parts)};
}
Predicate negation(Predicate part) { return {.form = Form::Not, .parts = {std::move(part)}}; }
Predicate either(Predicate condition, Predicate then, Predicate otherwise) {
  return {.form = Form::Either,
          .parts = {std::move(condition), std::move(then), std::move(otherwise)}};
}

}  // namespace pxguard::webhooks
