#include "base/yaml_write.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <yaml.h>

#include "base/text.h"

namespace pxguard::yaml {
namespace {

// In YAML 1.1 these are no text.
constexpr std::array<std::string_view, 11> kNoText = {"true", "false", "null", "yes",  "no",  "on",
                                                      "off",  "y",     "n",    ".inf", ".nan"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_plain(std::string_view text) {
  constexpr std::string_view kOthers = "0123456789-./_";
  return !text.empty() && (is_letter(text.front()) || text.front() == '/') &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || kOthers.find(c) != kOthers.npos; }) &&
         std::find(kNoText.begin(), kNoText.end(), lower(text)) == kNoText.end();
}

class Emitter {
 public:
  Emitter() {
    yaml_emitter_initialize(&emitter_);
    yaml_emitter_set_output(&emitter_, append, &text_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_emitter_set_width(&emitter_, -1);
  }
  ~Emitter() { yaml_emitter_delete(&emitter_); }
  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  std::string write(const std::vector<json::Value>& documents) {
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    emit(event);
    bool is_first = true;
    for (const json::Value& document : documents) {
      yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, is_first ? 1 : 0);
      emit(event);
      write(document);
      yaml_document_end_event_initialize(&event, 1);
      emit(event);
      is_first = false;
    }
    yaml_stream_end_event_initialize(&event);
    emit(event);
    return std::move(text_);
  }

 private:
  static int append(void* text, unsigned char* bytes, std::size_t size) {
    static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  }

  void emit(yaml_event_t& event) { yaml_emitter_emit(&emitter_, &event); }

  // Depth is that of what pxguard itself made.
  void write(const json::Value& value) {  // NOLINT(misc-no-recursion)
    switch (value.is_absent() ? json::Kind::Null : value.kind()) {
      case json::Kind::Object: return write_object(value);
      case json::Kind::Array: return write_array(value);
      case json::Kind::String: return write_text(value.text());
      case json::Kind::Boolean:
        return write_scalar(value.boolean_or(false) ? "true" : "false", YAML_PLAIN_SCALAR_STYLE);
      case json::Kind::Integer:
        return write_scalar(std::to_string(value.integer_or(0)), YAML_PLAIN_SCALAR_STYLE);
      case json::Kind::Number:
        return write_scalar(fmt::format("{}", value.number_or(0)), YAML_PLAIN_SCALAR_STYLE);
      case json::Kind::Null: return write_scalar("null", YAML_PLAIN_SCALAR_STYLE);
    }
  }

  void write_object(const json::Value& object) {  // NOLINT(misc-no-recursion)
    yaml_event_t event;
    const auto style = object.empty() ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE;
    yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, style);
    emit(event);
    for (const auto& [key, member, node] : object.members()) {
      write_text(key);
      write(member);
    }
    yaml_mapping_end_event_initialize(&event);
    emit(event);
  }

  void write_array(const json::Value& array) {  // NOLINT(misc-no-recursion)
    const auto elements = array.elements();
    // Lists of words stand on one line.
    bool is_short = array.size() <= 8;
    for (const json::Value element : elements)
      is_short = is_short && element.is_string() && element.text().size() < 40;
    yaml_event_t event;
    const auto style = is_short ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE;
    yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, style);
    emit(event);
    for (const json::Value element : elements) write(element);
    yaml_sequence_end_event_initialize(&event);
    emit(event);
  }

  void write_text(std::string_view text) {
    if (text.find('\n') != std::string_view::npos)
      return write_scalar(text, YAML_LITERAL_SCALAR_STYLE);
    write_scalar(text, is_plain(text) ? YAML_PLAIN_SCALAR_STYLE : YAML_DOUBLE_QUOTED_SCALAR_STYLE);
  }

  void write_scalar(std::string_view text, yaml_scalar_style_t style) {
    yaml_event_t event;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    yaml_scalar_event_initialize(&event, nullptr, nullptr, const_cast<unsigned char*>(bytes),
                                 static_cast<int>(text.size()), 1, 1, style);
    emit(event);
  }

  yaml_emitter_t emitter_{};
  std::string text_;
};

}  // namespace

std::string write(const std::vector<json::Value>& documents) { return Emitter().write(documents); }

}  // namespace pxguard::yaml
