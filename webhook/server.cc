#include "webhook/server.h"

#ifdef __SANITIZE_THREAD__
// The sanitizer cannot follow fences; the locks of Asio's queues tell it all there is to know.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "webhook/address.h"
#include "webhook/conversation.h"
#include "webhook/registry.h"
#include "webhook/server_process.h"

// One loop a thread, and a connection stays with its loop: the path of a request takes no lock and
// wakes no other thread. The price is that a slow review holds up its neighbours. So large bodies
// are reviewed on a thread of their own (the "lane", where they wait for each other), and another,
// the "desk", does what must never wait for one: it accepts, evicts and looks at deadlines.
namespace pxguard::webhook {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// A TLS record carries at most 16 KB.
constexpr std::size_t kScratch = std::size_t{16} << 10;
// What a connection that always has something to do may take before others of its loop.
constexpr std::chrono::microseconds kTurn{500};
constexpr int kAcceptsAtOnce = 64;
// Without descriptors: so many idle connections go at a time.
constexpr int kEvictionsAtOnce = 8;

struct Loop {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard = asio::make_work_guard(context);
  std::atomic<std::size_t> connections = 0;
  std::array<char, kScratch> scratch{};
  std::thread thread;
};

Result<tcp::endpoint> endpoint_of(const std::string& text) {
  const std::optional<Address> written = parse_address(text);
  error_code error;
  const asio::ip::address host = asio::ip::make_address(written ? written->host : "", error);
  if (!error) return tcp::endpoint(host, written->port);
  return Error{Error::Code::Invalid,
               fmt::format("\"{}\" is no address: write 0.0.0.0:8443 or [::]:8443", text)};
}

// For want of memory a handler may end early: its connection goes by its deadline, the others stay.
void run_some(asio::io_context& context) try { context.run(); } catch (...) {
}

}  // namespace

class Connection;

struct Server::Core : Conversation::Shared, std::enable_shared_from_this<Server::Core> {
  Core(Options wanted, Handler answers) : Shared(std::move(wanted), std::move(answers)) {}

  Result<tcp::endpoint> listen();
  void run();
  void accept_when_ready();
  void accept_some();
  void welcome(tcp::socket socket, Loop& loop);
  bool make_room();
  void sweep();
  void post_to_all(void (Connection::*action)());
  void end_threads(bool joinable);

  // Declared before what refers to it, so that it is destroyed after.
  Loop desk;
  std::vector<std::unique_ptr<Loop>> loops;
  Loop lane;
  tcp::acceptor acceptor{desk.context};
  asio::steady_timer rest{desk.context};   // of accepting, while there are no descriptors
  asio::steady_timer clock{desk.context};  // of sweep()
  AfterTheCrowd after_the_crowd;           // on the desk
  tcp::endpoint bound;

  Registry<Connection> registry;
};

// A socket and its conversation. Everything but standing() happens on its loop.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Server::Core& core, Loop& loop, tcp::socket socket)
      : core_(core), loop_(loop), socket_(std::move(socket)), talk_(core, socket_.native_handle()) {
    loop_.connections.fetch_add(1, std::memory_order_relaxed);
  }
  ~Connection() { loop_.connections.fetch_sub(1, std::memory_order_relaxed); }

  void start() {
    talk_.start();
    wait(tcp::socket::wait_read);
  }
  void expire() { heed(talk_.expire()); }
  void drain() { heed(talk_.drain()); }
  void evict(Standing::Rank claimed_as) { heed(talk_.evict(claimed_as)); }
  void close() {
    if (!socket_.is_open()) return;
    talk_.finish();
    error_code ignored;
    socket_.close(ignored);
    core_.registry.remove(*this);
  }

  [[nodiscard]] Standing& standing() { return talk_.standing(); }
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  void heed(Conversation::Fate fate) {
    if (fate == Conversation::Fate::Ends) close();
  }

  void wait(tcp::socket::wait_type what) {
    socket_.async_wait(what, [self = shared_from_this()](const error_code& error) {
      if (!error) self->advance();
    });
  }

  void advance() try {
    const auto until = std::chrono::steady_clock::now() + kTurn;
    do {
      if (!socket_.is_open()) return;
      switch (talk_.step(loop_.scratch)) {
        case Conversation::Step::Again: continue;
        case Conversation::Step::AwaitRead: return wait(tcp::socket::wait_read);
        case Conversation::Step::AwaitWrite: return wait(tcp::socket::wait_write);
        case Conversation::Step::Review: return queue_review();
        case Conversation::Step::Close: return close();
      }
    } while (std::chrono::steady_clock::now() < until);
    asio::post(loop_.context, [self = shared_from_this()] { self->advance(); });
  } catch (...) {
    // Out of memory, most likely: of all there is, this connection has just asked for more.
    close();
  }

  void queue_review() {
    asio::post(core_.lane.context, [self = shared_from_this()] {
      self->talk_.review();
      // As large as the handler that it is in, whose memory Asio has at hand: this does not fail.
      asio::post(self->loop_.context, [self] { self->advance(); });
    });
  }

  Server::Core& core_;
  Loop& loop_;
  tcp::socket socket_;
  Conversation talk_;
};

Result<tcp::endpoint> Server::Core::listen() {
  const Result<tcp::endpoint> wanted = endpoint_of(options.address);
  if (!wanted) return wanted.error();
  error_code error;
  const auto unless_failed = [&error](auto&& call) {
    if (!error) call();
  };
  acceptor.open(wanted->protocol(), error);
  unless_failed([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
  if (wanted->address().is_v6()) {
    const bool any = wanted->address().is_unspecified();
    unless_failed([&] { acceptor.set_option(asio::ip::v6_only(!any), error); });
  }
  unless_failed([&] { acceptor.bind(*wanted, error); });
  unless_failed([&] { acceptor.listen(limits::kBacklog, error); });
  unless_failed([&] { acceptor.non_blocking(true, error); });
  unless_failed([&] { bound = acceptor.local_endpoint(error); });
  if (!error) return bound;
  return Error{Error::Code::Unavailable,
               fmt::format("cannot listen on {}: {}", options.address, error.message())};
}

void Server::Core::run() {
  const unsigned workers = options.workers != 0 ? options.workers : usual_workers();
  for (unsigned i = 0; i < workers; ++i) loops.push_back(std::make_unique<Loop>());
  const auto start = [core = shared_from_this()](Loop& loop) {
    loop.thread = std::thread([core, &loop] {
      while (!loop.context.stopped()) run_some(loop.context);
    });
  };
  for (const auto& loop : loops) start(*loop);
  if (options.body_limit > limits::kLargeBody) start(lane);
  accept_when_ready();
  sweep();
  start(desk);
}

void Server::Core::accept_when_ready() {
  acceptor.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_some();
  });
}

void Server::Core::accept_some() {
  // First of all, so that whatever goes wrong below is not the end of it.
  accept_when_ready();
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    Loop& loop = **std::min_element(loops.begin(), loops.end(), [](const auto& a, const auto& b) {
      return a->connections.load(std::memory_order_relaxed) <
             b->connections.load(std::memory_order_relaxed);
    });
    error_code error;
    tcp::socket socket = acceptor.accept(loop.context, error);
    if (error == asio::error::would_block) break;
    if (is_short_of_descriptors(error.value())) {
      for (int evicted = 0; evicted < kEvictionsAtOnce && make_room();) ++evicted;
      rest.expires_after(limits::kRestWithoutDescriptors);
      rest.async_wait([this](const error_code& cancelled) {
        if (!cancelled) accept_some();
      });
      // The listener stays readable: asking again at once would spin.
      acceptor.cancel(error);
      return;
    }
    if (!error) welcome(std::move(socket), loop);
  }
}

void Server::Core::welcome(tcp::socket socket, Loop& loop) {
  error_code error;
  socket.native_non_blocking(true, error);
  socket.set_option(tcp::no_delay(true), error);
  if (registry.size() >= options.connections && !make_room()) return;
  auto connection = std::make_shared<Connection>(*this, loop, std::move(socket));
  registry.add(connection);
  asio::post(loop.context, [connection] { connection->start(); });
}

bool Server::Core::make_room() {
  const auto chosen = registry.claim_most_dispensable();
  if (!chosen.first) return false;
  asio::post(chosen.first->loop().context, [chosen] { chosen.first->evict(chosen.second); });
  return true;
}

void Server::Core::sweep() {
  // First of all, like accepting.
  clock.expires_after(options.deadlines.sweep);
  clock.async_wait([this](const error_code& cancelled) {
    if (!cancelled) sweep();
  });
  for (const auto& connection : registry.take_due(std::chrono::steady_clock::now())) {
    asio::post(connection->loop().context, [connection] { connection->expire(); });
  }
  after_the_crowd.look(registry.size());
}

void Server::Core::post_to_all(void (Connection::*action)()) {
  for (const auto& connection : registry.all()) {
    asio::post(connection->loop().context, [connection, action] { ((*connection).*action)(); });
  }
}

void Server::Core::end_threads(bool joinable) {
  std::vector<Loop*> all = {&desk, &lane};
  for (const auto& loop : loops) all.push_back(loop.get());
  for (Loop* loop : all) loop->context.stop();
  for (Loop* loop : all) {
    if (!loop->thread.joinable()) continue;
    joinable ? loop->thread.join() : loop->thread.detach();
  }
}

// --- the server ------------------------------------------------------------------------------

Result<std::unique_ptr<Server>> Server::open(Options options, Handler handler) {
  prepare_process();
  options.connections = affordable_connections(options.connections);
  auto core = std::make_shared<Core>(std::move(options), std::move(handler));
  const Result<tcp::endpoint> bound = core->listen();
  if (!bound) return bound.error();
  core->run();
  return std::unique_ptr<Server>(new Server(std::move(core)));
}

Server::Server(std::shared_ptr<Core> core) : core_(std::move(core)) {}

Server::~Server() {
  if (!stopped_ && !stop()) std::abort();
}

std::uint16_t Server::port() const { return core_->bound.port(); }

std::string Server::address() const {
  const asio::ip::address host = core_->bound.address();
  return fmt::format(fmt::runtime(host.is_v6() ? "[{}]:{}" : "{}:{}"), host.to_string(), port());
}

std::size_t Server::connections() const { return core_->registry.size(); }

void Server::lame_duck() { core_->closing = true; }

bool Server::stop() {
  stopped_ = true;
  core_->closing = true;
  core_->draining = true;
  std::promise<void> closed;
  asio::post(core_->desk.context, [core = core_.get(), &closed] {
    // Who waits in the kernel's queue believes to be connected: let them in before it goes.
    core->accept_some();
    error_code ignored;
    core->acceptor.close(ignored);
    core->rest.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
  core_->post_to_all(&Connection::drain);
  bool empty = core_->registry.wait_until_empty(core_->options.deadlines.drain);
  if (!empty) {
    core_->post_to_all(&Connection::close);
    empty = core_->registry.wait_until_empty(limits::kLastMoments);
  }
  core_->end_threads(empty);
  return empty;
}

}  // namespace pxguard::webhook
