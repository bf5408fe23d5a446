// A member's unsent lines: its position in the log, and the letters, lines for this member alone.
//
// A letter stands at a place in the log, and is sent when the member's cursor has come there. Until
// then all but a text is closed: what it says depends on what the log keeps at that moment.
//
// Pure: no socket, no mutex. Whoever makes the round owns it, and the member's cursor, which is
// kept beside those of the others (see Delivery) and handed in. What other threads may call says
// so.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "chat/room/message_log.hpp"
#include "chat/wire/line_format.hpp"

namespace chat {

class Subscriber;

class Outbox {
 public:
  using Position = MessageLog::Position;
  using Place = MessageLog::Place;

  static constexpr std::size_t kMaxPieces = 16;  // of one send

  enum class What : std::uint8_t {
    kText,
    kTag,     // a text, and what follows it is tagged
    kReplay,  // lines of the room, once more
    kMissed,  // the notice that it has missed those lines
  };

  // What has not been sent yet, as it is handed over: the log's lines are texts.
  struct Unsent {
    What what = What::kText;
    std::string text;
    MessageLog::Range lines;
  };

  struct Letter {
    Subscriber* to;
    Place place;
    What what;
    std::string text;         // kReplay: the next of its lines, once it is open
    MessageLog::Range lines;  // kReplay: those that are not in the text yet
    std::size_t weight = 0;   // in bytes, for waiting_bytes()

    bool is_closed() const { return what == What::kReplay ? text.empty() : what != What::kText; }
  };
  using Letters = std::list<Letter>;

  // All of the log before it was sent.
  struct Cursor {
    Position position = 0;
    Rendering rendering = Rendering::kPlain;
  };

  // What the round may read of the log.
  struct Window {
    const MessageLog& log;
    Place floor;
    Place end;
  };

  // How many lines may still be looked at, by this member and by this round.
  struct Turn {
    std::size_t lines = 0;
    std::size_t round_lines = 0;

    void spend(std::size_t lines_read, std::size_t bytes);
  };

  // The weight that a letter of this size has.
  static std::size_t weight_of(const std::string& text, const MessageLog::Range& lines);

  // Thread safe: what is on its way here, and what waits here.
  void expect(const Letter& letter);
  std::size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }
  int replays() const { return replays_.load(std::memory_order_relaxed); }

  bool empty() const { return letters_.empty(); }

  // Takes the first of `letters`, which was expected.
  void take_first_of(Letters& letters) {
    letters_.splice(letters_.end(), letters, letters.begin());
  }

  // Sees to it that what comes next can be sent: opens the letter that `cursor` has come to, and
  // lets go of those that hold nothing. False: that takes a turn, and `turn` is over.
  bool open(Cursor& cursor, const Window& window, Turn& turn);

  // Adds to `pieces` what comes next, up to `limit` of the log, as far as nothing has to be opened
  // in between.
  void gather(const Cursor& cursor, const MessageLog& log, Position limit,
              std::vector<iovec>& pieces) const;

  // Marks `bytes` of what gather() gives as sent.
  void advance(Cursor& cursor, std::size_t bytes);

  // The log's lines up to the window's end are lost, and a notice will say so. What of a line was
  // sent in part already, and all letters, still come.
  void skip_forward(Cursor& cursor, const Window& window, Subscriber& member);

  // All that was not sent yet, up to `end`.
  std::vector<Unsent> unsent(Cursor cursor, const MessageLog& log, const Place& end) const;

 private:
  bool open_first(Cursor& cursor, const Window& window, Turn& turn);
  void pop();

  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<int> replays_{0};  // that are not over
  Letters letters_;
  std::size_t sent_ = 0;  // bytes of the first letter
};

}  // namespace chat
