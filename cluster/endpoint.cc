#include <charconv>

#include "base/text.h"
#include "cluster/http_transport.h"

namespace pxguard::cluster {
namespace {

// "host", "host:port", "[v6]", "[v6]:port"
Result<Peer> parse_authority(std::string_view text) {
  Peer peer;
  std::string_view port;
  const bool is_bracketed = !text.empty() && text[0] == '[';
  const std::size_t end = is_bracketed ? text.find(']') : text.find(':');
  if (is_bracketed && end == std::string_view::npos)
    return invalid_input("a bracket is not closed");
  peer.host = text.substr(is_bracketed ? 1 : 0, is_bracketed ? end - 1 : end);
  const std::size_t after = is_bracketed ? end + 1 : end;
  if (after < text.size()) {
    if (text[after] != ':') return invalid_input("what follows the bracket is no port");
    port = text.substr(after + 1);
    const auto [last, error] = std::from_chars(port.data(), port.data() + port.size(), peer.port);
    if (error != std::errc() || last != port.data() + port.size() || peer.port == 0)
      return invalid_input("its port is not a number from 1 to 65535");
  }
  if (peer.host.empty()) return invalid_input("it has no host");
  return peer;
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (url.starts_with("http://")) return invalid_input("plain http is not supported: use https");
  if (!url.starts_with(kScheme)) return invalid_input("it does not begin with https://");
  if (printable(url, url.size()) != url || has_any_of<' ', '?', '#', '@', '\\'>(url))
    return invalid_input("it has characters that the URL of an API server cannot have");
  url.remove_prefix(kScheme.size());
  const std::size_t slash = url.find('/');
  auto peer = parse_authority(url.substr(0, slash));
  if (!peer) return peer.error();
  Endpoint endpoint{.peer = std::move(*peer)};
  if (slash != std::string_view::npos) endpoint.base_path = url.substr(slash);
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  return endpoint;
}

}  // namespace pxguard::cluster
