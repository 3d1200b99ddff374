// Beast's strict parser for the head of a request. Apart from server.cc, whose Asio half takes far
// longer to compile, and so that a fuzzer can have it alone.
#include "webhook/http.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/optional/optional.hpp>
#include <cstdint>

#include "base/limits.h"

namespace pxguard::webhook {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

bool is_same_word(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

// Beast's strict parser, without its containers: fields are looked at as they pass, none is kept.
class HeadReader : public http::basic_parser<true> {
 public:
  HeadReader() {
    header_limit(limits::kRequestHead);
    body_limit(boost::none);
  }

  [[nodiscard]] bool is_malformed() const {
    const bool has_host = hosts_ == 1 || (hosts_ == 0 && version_ == 10);
    return !has_host || lengths_ > 1 || (lengths_ == 1 && encodings_ > 0) ||
           !target_.starts_with('/');
  }
  [[nodiscard]] int refusal_of_body() const {
    if (encodings_ > 0) return 411;
    if (expects_) return 417;
    if (!is_identity_) return 415;
    if (method_ != "POST") return 0;
    if (!is_json_) return 415;
    return lengths_ == 0 ? 411 : 0;
  }
  [[nodiscard]] std::string_view method() const { return method_; }
  [[nodiscard]] std::string_view path() const { return target_.substr(0, target_.find('?')); }
  [[nodiscard]] std::string_view query() const {
    const std::size_t mark = target_.find('?');
    return mark == std::string_view::npos ? std::string_view() : target_.substr(mark + 1);
  }

 private:
  using View = boost::beast::string_view;

  void on_request_impl(http::verb, View method, View target, int version, error_code&) override {
    method_ = {method.data(), method.size()};
    target_ = {target.data(), target.size()};
    version_ = version;
  }
  void on_field_impl(http::field name, View, View text, error_code&) override {
    const std::string_view value(text.data(), text.size());
    switch (name) {
      case http::field::host: ++hosts_; break;
      case http::field::content_length:
        // Beast lets a list of equal numbers pass.
        lengths_ += value.find(',') == std::string_view::npos ? 1 : 2;
        break;
      case http::field::transfer_encoding: ++encodings_; break;
      case http::field::content_encoding:
        is_identity_ = is_identity_ && is_same_word(value, "identity");
        break;
      case http::field::content_type:
        is_json_ = is_json_ &&
                   is_same_word(value.substr(0, value.find_first_of("; \t")), "application/json");
        break;
      case http::field::expect: expects_ = true; break;
      default: break;
    }
  }
  void on_header_impl(error_code&) override {}
  void on_response_impl(int, View, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(View, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  std::string_view method_;
  std::string_view target_;
  int version_ = 0;
  int hosts_ = 0;
  int lengths_ = 0;
  int encodings_ = 0;
  bool expects_ = false;
  bool is_identity_ = true;
  bool is_json_ = true;
};

}  // namespace

Head parse_head(std::string_view text, std::span<const Route> routes, std::size_t body_limit) {
  HeadReader reader;
  error_code error;
  reader.put(boost::asio::buffer(text.data(), text.size()), error);
  Head head;
  head.refusal = 400;
  if (error || !reader.is_header_done() || reader.is_malformed()) return head;
  for (const Route& route : routes) {
    if (route.path != reader.path()) continue;
    head.route = &route;
    if (route.method == reader.method()) break;
  }
  head.refusal = reader.refusal_of_body();
  if (head.route == nullptr) head.refusal = 404;
  if (head.route != nullptr && head.route->method != reader.method()) head.refusal = 405;
  const std::uint64_t length = reader.content_length().value_or(0);
  if (head.refusal == 0 && length > body_limit) head.refusal = 413;
  if (head.refusal != 0) return head;
  head.content_length = static_cast<std::size_t>(length);
  head.query = reader.query();
  head.deadline = head.route->deadline;
  const std::chrono::seconds patience = timeout_of(head.query);
  if (patience > std::chrono::seconds(0)) {
    head.deadline = std::min<std::chrono::milliseconds>(head.deadline, patience);
  }
  head.keep_alive = reader.keep_alive();
  return head;
}

}  // namespace pxguard::webhook
