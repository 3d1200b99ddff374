// What a webhook configuration asks about a request before the API server calls: a small tree that
// prints itself as CEL and that can be asked in C++, so that tests prove of thousands of objects
// what a cluster would send.
//
// Every predicate is total: has() comes before each optional field, since a condition that fails
// refuses the request. A field that is absent makes the predicate false.
//
// Threads: immutable; any number may read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pxguard::webhooks {

// What the API server knows of a request when it evaluates a condition.
struct Request {
  std::string_view resource;   // "daemonsets"
  std::string_view operation;  // "CREATE"
  std::string_view user;       // "" where the request has none
  json::Value object{};        // absent on DELETE
  json::Value old_object{};    // absent on CREATE
};

// Fields below the thing that is asked about, as "metadata.name". "" is the thing itself.
using Place = std::string;
using Words = std::vector<std::string>;

class Predicate {
 public:
  enum class Form {
    // Of the request.
    ResourceIs,
    OperationIs,
    UserIs,
    // Of the thing at hand: an object, a container, a key.
    TextIs,
    TextBegins,
    TextEnds,
    TextContains,
    ImageIs,  // the last part of an image's name, without tag and digest
    IsTrue,
    IsPresent,
    // Of things in it.
    AnyElement,     // of one or several lists, one behind the other
    AnyKey,         // of a map
    AnyVersion,     // object or oldObject
    InPodTemplate,  // the pod's specification, wherever a workload has it
    // Of other predicates.
    All,
    Any,
    Not,
    Either,  // of three: the second where the first holds, else the third
  };

  // Whether the API server would say true.
  [[nodiscard]] bool holds(const Request& request) const;
  // Over several lines, the same for the same tree.
  [[nodiscard]] std::string cel() const;

  Form form;
  Words words{};                // what is compared with
  std::vector<Place> places{};  // of Any...: the lists; else one
  std::string name{};           // of AnyElement and AnyKey: the variable
  std::vector<Predicate> parts{};
};

// Predicates, as one writes them down.
[[nodiscard]] Predicate resource_is(Words words);
[[nodiscard]] Predicate operation_is(std::string word);
[[nodiscard]] Predicate user_is(Words words);
[[nodiscard]] Predicate text_is(Place place, Words words);
[[nodiscard]] Predicate text_begins(Place place, std::string word);
[[nodiscard]] Predicate text_ends(Place place, std::string word);
[[nodiscard]] Predicate text_contains(Place place, std::string word);
[[nodiscard]] Predicate image_is(Place place, Words words);
[[nodiscard]] Predicate is_true(Place place);
[[nodiscard]] Predicate is_present(Place place);
[[nodiscard]] Predicate any_element(std::string name, std::vector<Place> lists, Predicate part);
[[nodiscard]] Predicate any_key(std::string name, Place map, Predicate part);
[[nodiscard]] Predicate any_version(Predicate part);
[[nodiscard]] Predicate in_pod_template(Predicate part);
// Of one part it is that part; without parts All holds always and Any never.
[[nodiscard]] Predicate all(std::vector<Predicate> parts);
[[nodiscard]] Predicate any(std::vector<Predicate> parts);
[[nodiscard]] Predicate negation(Predicate part);
[[nodiscard]] Predicate either(Predicate condition, Predicate then, Predicate otherwise);

}  // namespace pxguard::webhooks
