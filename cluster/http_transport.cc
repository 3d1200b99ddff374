#include "cluster/http_transport.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>

#include "base/text.h"
#include "base/wiped.h"

namespace pxguard::cluster {
namespace {

using Clock = std::chrono::steady_clock;

// The library reads a line until it ends, and matches the first one with a recursive expression:
// what it may read before it hands something on is bounded here.
constexpr std::size_t kLine = std::size_t{8} << 10;
constexpr std::size_t kStatusLine = 256;
constexpr std::size_t kHead = std::size_t{64} << 10;

// The API server closes connections that were idle for 90 s, and a load balancer sooner: what is
// sent in that moment is lost, and nobody knows whether it was done.
constexpr auto kKept = std::chrono::seconds(30);

// What the library reads and writes, as it goes over TLS.
class TlsStream final : public httplib::Stream {
 public:
  TlsStream(TlsConnection& connection, TlsConnection::Patience patience)
      : connection_(connection), patience_(patience) {}

  [[nodiscard]] bool is_readable() const override { return true; }
  [[nodiscard]] bool is_writable() const override { return true; }

  ssize_t read(char* into, std::size_t size) override {
    auto got = connection_.read({into, size}, patience_);
    if (got && !is_within_bounds({into, *got})) {
      got = Failure{Failure::Kind::Broken, "what came is not HTTP as an API server speaks it"};
    }
    if (got) return static_cast<ssize_t>(*got);
    failure_ = got.error();
    return -1;
  }

  ssize_t write(const char* from, std::size_t size) override {
    failure_ = connection_.write({from, size}, patience_);
    return failure_ ? -1 : static_cast<ssize_t>(size);
  }

  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  [[nodiscard]] socket_t socket() const override { return connection_.socket(); }

  // The library took what was read: bytes of a body.
  void handed_on() { unseen_ = line_ = 0; }
  [[nodiscard]] bool has_read() const { return has_read_; }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

 private:
  // Of a body the library takes pieces of 4 KiB, of everything else single bytes.
  bool is_within_bounds(std::string_view bytes) {
    has_read_ = has_read_ || !bytes.empty();
    if (bytes.size() != 1) return true;
    ++unseen_;
    ++line_;
    if (bytes[0] == '\n') {
      is_first_line_ = false;
      line_ = 0;
    }
    return unseen_ <= kHead && line_ <= (is_first_line_ ? kStatusLine : kLine);
  }

  TlsConnection& connection_;
  const TlsConnection::Patience patience_;
  std::optional<Failure> failure_;
  std::size_t unseen_ = 0;
  std::size_t line_ = 0;
  bool is_first_line_ = true;
  bool has_read_ = false;
};

std::optional<std::chrono::milliseconds> retry_after(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  unsigned seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // The other form, a date, is not sent by API servers.
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 86'400U));
}

// Puts one answer together, or hands it on as it comes.
class Receiver {
 public:
  Receiver(const Transport::OnBytes* on_bytes, std::size_t longest)
      : on_bytes_(on_bytes), longest_(longest) {}

  void begin(const httplib::Response& head) {
    answer_.status = head.status;
    answer_.retry_after = retry_after(head);
  }
  // False: nothing more is wanted.
  bool take(std::string_view bytes) {
    if (on_bytes_ != nullptr && answer_.status == 200) {
      has_enough_ = !(*on_bytes_)(bytes);
      return !has_enough_;
    }
    if (body_.size() + bytes.size() > longest_) {
      failure_ = Failure{Failure::Kind::Broken,
                         fmt::format("the answer has more than {} bytes", longest_)};
      return false;
    }
    body_.append(bytes);
    return true;
  }

  [[nodiscard]] bool has_enough() const { return has_enough_; }
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }
  // `status`: for answers that cannot have a body, which do not begin.
  Response answer(int status) {
    if (answer_.status == 0) answer_.status = status;
    answer_.body = body_.release();
    return std::move(answer_);
  }

 private:
  const Transport::OnBytes* on_bytes_;
  const std::size_t longest_;
  Response answer_;
  Wiped body_;
  bool has_enough_ = false;
  std::optional<Failure> failure_;
};

}  // namespace

// The library's client over our connections: its own TLS client accepts the common name of a
// certificate, adds the machine's CAs to the one that it is told, and cannot be interrupted while
// it connects.
class HttpTransport::Connection final : public httplib::ClientImpl {
 public:
  explicit Connection(HttpTransport::Options options)
      : ClientImpl(options.endpoint.peer.host, options.endpoint.peer.port),
        options_(std::move(options)) {
    set_keep_alive(true);
    set_url_encode(false);
    set_decompress(false);
    set_follow_location(false);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { stop(); }

  Answer<Response> ask(const Request& request, const OnBytes* on_bytes);
  void interrupt() { interruption_.raise(); }

 private:
  struct Attempt {
    std::optional<Answer<Response>> answer{};
    bool may_repeat = false;  // a kept connection had ended already
  };
  Attempt attempt(const Request& request, const OnBytes* on_bytes);
  httplib::Request prepared(const Request& request) const;
  void leave_stale();

  bool create_and_connect_socket(Socket& socket, httplib::Error& error) override;
  void shutdown_ssl(Socket& socket, bool gracefully) override;
  bool process_socket(const Socket& socket,
                      std::function<bool(httplib::Stream&)> callback) override;
  [[nodiscard]] bool is_ssl() const override { return false; }

  const HttpTransport::Options options_;
  Interruption interruption_;
  std::unique_ptr<TlsConnection> tls_;
  TlsStream* stream_ = nullptr;  // of the request that is under way
  TlsConnection::Patience patience_{};
  std::optional<Failure> failure_;
  bool has_read_ = false;
  Clock::time_point last_use_{};
};

bool HttpTransport::Connection::create_and_connect_socket(Socket& socket, httplib::Error& error) {
  error = httplib::Error::Connection;
  auto opened = TlsConnection::open(options_.context, options_.endpoint.peer,
                                    options_.patience.connect, interruption_);
  if (!opened) {
    failure_ = opened.error();
    return false;
  }
  tls_ = std::move(*opened);
  // The library closes what it is given: a descriptor of its own.
  socket.sock = ::fcntl(tls_->socket(), F_DUPFD_CLOEXEC, 0);
  if (socket.sock >= 0) return true;
  failure_ = Failure{Failure::Kind::Unreachable, "too many open files"};
  tls_.reset();
  return false;
}

void HttpTransport::Connection::shutdown_ssl(Socket&, bool) {
  // Called in the middle of an answer that says "Connection: close", too: its stream is still
  // there, and is not read any more.
  tls_.reset();
}

bool HttpTransport::Connection::process_socket(const Socket&,
                                               std::function<bool(httplib::Stream&)> callback) {
  TlsStream stream(*tls_, patience_);
  stream_ = &stream;
  const bool done = callback(stream);
  stream_ = nullptr;
  has_read_ = stream.has_read();
  if (stream.failure()) failure_ = stream.failure();
  return done;
}

void HttpTransport::Connection::leave_stale() {
  const bool is_stale = tls_ && (Clock::now() - last_use_ > kKept || !tls_->is_quiet());
  if (is_stale) stop();
}

httplib::Request HttpTransport::Connection::prepared(const Request& request) const {
  httplib::Request prepared;
  prepared.method = request.method;
  prepared.path = options_.endpoint.base_path + request.path;
  prepared.body = request.body;
  const Peer& peer = options_.endpoint.peer;
  const bool is_v6 = peer.host.find(':') != std::string::npos;
  prepared.headers = {
      {"Host", fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), peer.host, peer.port)},
      {"Accept", request.accept},
      {"Accept-Encoding", "identity"},
      {"User-Agent", "pxguard"},
  };
  if (!request.content_type.empty()) prepared.headers.emplace("Content-Type", request.content_type);
  if (!options_.token.empty()) {
    prepared.headers.emplace("Authorization", "Bearer " + std::string(options_.token.expose()));
  }
  return prepared;
}

HttpTransport::Connection::Attempt HttpTransport::Connection::attempt(const Request& request,
                                                                      const OnBytes* on_bytes) {
  leave_stale();
  const bool is_kept = tls_ != nullptr;
  failure_.reset();
  has_read_ = false;
  patience_ = on_bytes != nullptr ? options_.patience.silence : options_.patience.answer;

  Receiver receiver(on_bytes, options_.longest_answer);
  httplib::Request sent = prepared(request);
  sent.response_handler = [&](const httplib::Response& head) {
    stream_->handed_on();
    receiver.begin(head);
    return true;
  };
  sent.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    stream_->handed_on();
    return receiver.take({data, size});
  };
  httplib::Response received;
  httplib::Error error = httplib::Error::Success;
  const bool done = httplib::ClientImpl::send(sent, received, error);
  last_use_ = Clock::now();
  wipe(sent.body);
  if (done || receiver.has_enough()) return {.answer = receiver.answer(received.status)};
  if (receiver.failure()) failure_ = receiver.failure();
  if (!failure_) {
    failure_ = Failure{
        Failure::Kind::Unreachable,
        fmt::format("{}: the connection ended before the answer did", options_.endpoint.peer.host)};
  }
  const bool was_gone = is_kept && !has_read_ && failure_->kind == Failure::Kind::Unreachable;
  return {.answer = *failure_, .may_repeat = was_gone && request.method == "GET"};
}

Answer<Response> HttpTransport::Connection::ask(const Request& request, const OnBytes* on_bytes) {
  if (interruption_.is_raised()) return Failure{Failure::Kind::Stopped, "told to stop"};
  Attempt first = attempt(request, on_bytes);
  if (!first.may_repeat) return std::move(*first.answer);
  return std::move(*attempt(request, on_bytes).answer);
}

HttpTransport::HttpTransport(Options options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}
HttpTransport::~HttpTransport() = default;

Answer<Response> HttpTransport::send(const Request& request) {
  return connection_->ask(request, nullptr);
}

Answer<Response> HttpTransport::stream(const Request& request, const OnBytes& on_bytes) {
  return connection_->ask(request, &on_bytes);
}

void HttpTransport::interrupt() { connection_->interrupt(); }

}  // namespace pxguard::cluster
