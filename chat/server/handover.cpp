#include "chat/server/handover.hpp"

#include <string.h>  // explicit_bzero
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace chat {
namespace {

// To be changed with anything that is written.
constexpr std::string_view kForm = "chatroom handover 6\n";
constexpr std::string_view kReady = "ready\n";

// What a struct consists of, for writing, which changes nothing, and for reading.
template <typename Archive>
void parts(Archive& archive, Outbox::Unsent& unsent) {
  archive(unsent.what, unsent.text, unsent.lines.first, unsent.lines.last);
}

template <typename Archive, typename T>
void parts(Archive& archive, std::optional<T>& optional) {
  bool there = optional.has_value();
  T value = optional.value_or(T());
  archive(there, value);
  if (there) optional = value;
}

template <typename Archive>
void parts(Archive& archive, PeerAddress& peer) {
  archive(peer.text, peer.uid, peer.loopback, peer.exempt);
  for (std::uint8_t& byte : peer.source) archive(byte);
  for (std::uint8_t& byte : peer.address) archive(byte);
}

template <typename Archive>
void parts(Archive& archive, LineReader::Unread& input) {
  archive(input.bytes, input.discarding, input.unterminated);
}

template <typename Archive>
void parts(Archive& archive, std::chrono::milliseconds& time) {
  auto count = time.count();
  archive(count);
  time = std::chrono::milliseconds(count);
}

template <typename Archive>
void parts(Archive& archive, WallTime& time) {
  auto count = time.time_since_epoch().count();
  archive(count);
  time = WallTime(WallTime::duration(count));
}

template <typename Archive>
void parts(Archive& archive, Subscriber::State& member) {
  archive(member.rendering, member.sent, member.unsent, member.dismissed, member.spoke);
}

template <typename Archive>
void parts(Archive& archive, Broadcast::State& log) {
  archive(log.lines, log.in_transcript);
}

template <typename Archive>
void parts(Archive& archive, Registry::Seat& seat) {
  archive(seat.name, seat.account, seat.stay, seat.password, seat.since, seat.away,
          seat.last_to_write, seat.last_to_write_name, seat.muted_until, seat.farewell);
}

template <typename Archive>
void parts(Archive& archive, Registry::Mute& mute) {
  archive(mute.name, mute.skeleton, mute.account, mute.until);
  for (std::uint8_t& byte : mute.source) archive(byte);
}

template <typename Archive>
void parts(Archive& archive, Registry::State& registry) {
  archive(registry.mutes, registry.last_stay);
}

template <typename Archive>
void parts(Archive& archive, Session::State& session) {
  archive(session.socket, session.peer, session.phase, session.mode, session.input,
          session.input_ended, session.login_left, session.lines_spent, session.seat,
          session.member);
}

template <typename Archive>
void parts(Archive& archive, Countdown::State& shutdown) {
  archive(shutdown.ordered, shutdown.left, shutdown.left_to_next, shutdown.by, shutdown.reason);
}

template <typename Archive>
void parts(Archive& archive, Handover& handover) {
  archive(handover.max_users, handover.shutdown, handover.listeners, handover.log,
          handover.registry, handover.sessions);
}

template <typename T>
concept Number = std::integral<T> || std::is_enum_v<T>;

// Numbers in the machine's own form: it is the same machine that reads them.
class Writer {
 public:
  template <typename... Parts>
  void operator()(Parts&... each) {
    (put(each), ...);
  }
  std::string& bytes() { return bytes_; }

 private:
  template <Number T>
  void put(T& number) {
    const auto wide = static_cast<std::uint64_t>(number);
    bytes_.append(reinterpret_cast<const char*>(&wide), sizeof wide);
  }
  void put(std::string& text) {
    auto size = text.size();
    put(size);
    bytes_ += text;
  }
  template <typename T>
  void put(std::vector<T>& list) {
    auto size = list.size();
    put(size);
    for (T& item : list) put(item);
  }
  template <typename T>
  void put(T& whole) {
    parts(*this, whole);
  }

  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <typename... Parts>
  void operator()(Parts&... each) {
    (get(each), ...);
  }

 private:
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) throw std::runtime_error("what was handed over is cut off");
    const auto taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  template <Number T>
  void get(T& number) {
    std::uint64_t wide = 0;
    std::memcpy(&wide, take(sizeof wide).data(), sizeof wide);
    number = static_cast<T>(wide);
  }
  void get(std::string& text) {
    std::size_t size = 0;
    get(size);
    text = take(size);
  }
  template <typename T>
  void get(std::vector<T>& list) {
    std::size_t size = 0;
    get(size);
    for (list.clear(); size > 0; --size) get(list.emplace_back());
  }
  template <typename T>
  void get(T& whole) {
    parts(*this, whole);
  }

  std::string_view bytes_;
};

Descriptor file_of(std::string_view bytes) {
  Descriptor file(::memfd_create("handover", MFD_CLOEXEC));
  while (file && !bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (!file || !bytes.empty()) {
    throw std::system_error(errno, std::generic_category(), "a file in memory");
  }
  return file;
}

// All that is in there, its first line aside, which is checked.
std::string contents_of(const Descriptor& file) {
  struct stat status {};
  std::string bytes;
  if (::fstat(file.get(), &status) == 0) bytes.resize(static_cast<std::size_t>(status.st_size));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t n =
        ::pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (n == 0 || (n < 0 && errno != EINTR)) break;
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  if (at < bytes.size() || !bytes.starts_with(kForm)) {
    throw std::runtime_error("what is handed over has a form that this program does not know");
  }
  bytes.erase(0, kForm.size());
  return bytes;
}

// It holds passwords.
void wipe(std::string& bytes) { ::explicit_bzero(bytes.data(), bytes.size()); }

}  // namespace

Descriptor Handover::write() const {
  Writer writer;
  writer.bytes() = kForm;
  parts(writer, const_cast<Handover&>(*this));
  Descriptor file = file_of(writer.bytes());
  wipe(writer.bytes());
  return file;
}

Handover Handover::read(const Descriptor& file) {
  std::string bytes = contents_of(file);
  Handover handover;
  Reader reader(bytes);
  parts(reader, handover);
  wipe(bytes);
  return handover;
}

Descriptor ask_whether_ready(std::size_t max_users) {
  return file_of(std::string(kForm) + std::to_string(max_users) + "\n");
}

std::size_t max_users_asked(const Descriptor& question) {
  return std::stoull(contents_of(question));
}

void answer_ready(const Descriptor& question) {
  if (::lseek(question.get(), 0, SEEK_END) < 0 ||
      ::write(question.get(), kReady.data(), kReady.size()) < 0) {
    throw std::system_error(errno, std::generic_category(), "a file in memory");
  }
}

bool is_ready(const Descriptor& question) { return contents_of(question).ends_with(kReady); }

}  // namespace chat
