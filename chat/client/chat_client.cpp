#include "chat/client/chat_client.hpp"

#include <chrono>
#include <iostream>
#include <string_view>

#include "chat/base/deadline.hpp"
#include "chat/base/environment.hpp"
#include "chat/base/program_name.hpp"
#include "chat/client/keyboard_input.hpp"
#include "chat/client/limits.hpp"
#include "chat/client/piped_input.hpp"
#include "chat/ui/plain_output.hpp"
#include "chat/wire/limits.hpp"

namespace chat {
namespace {

Terminal::Wanted wanted(const ClientOptions& options) {
  if (options.json || options.listen || options.says()) return Terminal::Wanted::kNoScreen;
  return options.plain ? Terminal::Wanted::kPlain : Terminal::Wanted::kScreen;
}

ScreenOptions screen_options(const ClientOptions& options, bool plain) {
  const bool wants_none = plain || !environment("NO_COLOR").empty();
  const bool color = options.color.value_or(!wants_none);
  const Palette palette = palette_of(environment("TERM"), environment("COLORTERM"));
  ScreenOptions result{{options.time, color, options.bell, palette}, options.status, options.host};
  if (options.notify) {
    result.notify = notify_options(environment("TERM"), environment("TMUX"));
  } else {
    result.notify.how = Notifying::kNever;
  }
  if (options.port != kDefaultPort) result.room += ":" + std::to_string(options.port);
  return result;
}

PlainOutput::Form form_of(const ClientOptions& options) {
  if (options.json) return PlainOutput::Form::kJson;
  return options.says() ? PlainOutput::Form::kNothing : PlainOutput::Form::kLines;
}

std::unique_ptr<Screen> new_screen(Terminal& terminal, const ClientOptions& options) {
  if (!terminal.has_screen()) return nullptr;
  return std::make_unique<Screen>(terminal, screen_options(options, terminal.is_plain()));
}

std::unique_ptr<Output> new_plain_output(Terminal& terminal, const ClientOptions& options) {
  if (terminal.has_screen()) return nullptr;
  return std::make_unique<PlainOutput>(terminal, form_of(options));
}

std::unique_ptr<Input> new_input(const ClientParts& parts, Input::Client& client, Screen* screen) {
  if (screen == nullptr) return std::make_unique<PipedInput>(parts, client);
  return std::make_unique<KeyboardInput>(parts, client, *screen);
}

}  // namespace

ChatClient::ChatClient(const ClientOptions& options)
    : options_(options),
      terminal_(wanted(options)),
      screen_(new_screen(terminal_, options_)),
      plain_output_(new_plain_output(terminal_, options_)),
      output_(screen_ ? *screen_ : *plain_output_),
      hiding_(settings_file()),
      link_(options_),
      view_(output_, conversation_, link_),
      parts_{options_, terminal_, output_, hiding_, link_, conversation_, view_},
      input_(new_input(parts_, *this, screen_.get())),
      receiver_(parts_) {}

Ending ChatClient::run() {
  try {
    input_->begin();
    receiver_.start();
    while (!receiver_.is_finished()) {
      const auto socket =
          link_.is_connected() && conversation_.has_outgoing() ? link_.socket() : nullptr;
      const auto due = earliest({input_->due(), deadline_, conversation_.answer_due()});
      const auto ready =
          terminal_.wait(input_->may_read(), socket ? &socket->descriptor() : nullptr, due);
      silent_ = deadline_ && Clock::now() >= *deadline_;
      if (silent_) break;
      handle(ready);
    }
    if (!link_.is_connected() && !receiver_.is_finished()) {
      throw Failure(Outcome::kNoConnection, "no connection in time");
    }
  } catch (const Failure& failure) {
    if (receiver_.is_running() && !link_.is_connected() && !receiver_.is_finished()) {
      abandon(failure.ending);
    }
    return failure.ending;
  }
  receiver_.join();
  output_.end_typing();
  return judge();
}

void ChatClient::handle(const Terminal::Ready& ready) {
  if (ready.output_closed) throw Failure(Outcome::kFailed, "standard output was closed");
  if (ready.stopped) output_.suspend(Terminal::Stop::kProcess);
  if (ready.continued) output_.continued();
  if (ready.resized) output_.resized();
  if (ready.ended || (conversation_.has_come_back() && !conversation_.has_left())) leave();
  if (ready.sending) conversation_.send_some(link_);
  if (ready.input) {
    input_->take();
  } else if (const auto due = input_->due(); due && Clock::now() >= *due) {
    input_->lapse();
  }
  if (conversation_.look_after(link_)) view_.show_liveness();
  take_leave();
}

// Does not wait for lines that are still to be sent: the server sees the end of our input, and
// closes. A user who asks a second time does not wait for the server either.
void ChatClient::leave() {
  if (!link_.is_connected() && !receiver_.is_finished()) {
    if (conversation_.has_been_in()) {
      const auto lines = conversation_.unsaid();
      abandon({lines.empty() ? Outcome::kLeft : Outcome::kNotSaid, not_said(lines)});
    }
    abandon(terminal_.has_screen() ? Ending{} : Ending{Outcome::kNotIn, "ended before coming in"});
  }
  const bool again = conversation_.has_left() && deadline_.has_value();
  deadline_ = Clock::now() + (again ? Clock::duration::zero() : kLeaveWait);
  unsaid_ = conversation_.leave_at_once(link_);
}

// The server gets what was typed so far, and then end of file; it answers, and closes.
void ChatClient::end_input() {
  conversation_.end_input();
  if (input_->asks_for_password()) {
    output_.tell("the input has ended: nothing was changed");
  }
  output_.end_typing();
  if (!link_.is_connected() && terminal_.has_screen()) leave();
  take_leave();
}

void ChatClient::wait_for_echo() {
  // The room takes several lines a second from one who talks.
  deadline_ = Clock::now() + kEchoWait + std::chrono::seconds(options_.send.size());
  // The other thread says why the user is not in by then.
  if (options_.timeout) deadline_ = Clock::now() + *options_.timeout + kLeaveWait;
  terminal_.wake();  // all may have come back already
}

void ChatClient::take_leave() {
  if (conversation_.take_leave(link_)) terminal_.wake();
}

// How it ended, after the socket thread.
Ending ChatClient::judge() {
  const bool left = conversation_.has_left();
  const bool said_all = conversation_.has_input_ended();
  const bool screen = terminal_.has_screen();
  if (!conversation_.has_been_in() && left && screen) return {};
  if (receiver_.failure()) return *receiver_.failure();
  if (!conversation_.has_been_in()) {
    if (said_all && screen) return {};
    return {Outcome::kNotIn, left || said_all
                                 ? "ended before coming in"
                                 : "the server closed the connection before you were in"};
  }
  if (options_.says() && !conversation_.has_come_back()) {
    return {Outcome::kNotSaid, "the text did not come back from the room"};
  }
  if (left && silent_) unsaid_ = conversation_.unsaid(true);
  if (!unsaid_.empty()) return {Outcome::kNotSaid, not_said(unsaid_)};
  if (left || input_->has_quit()) return {};
  if (receiver_.got_goodbye()) return {Outcome::kShutDown, ""};
  if (receiver_.was_lost()) return {Outcome::kLost, "the connection to the server broke"};
  if (!said_all) return {Outcome::kLost, "the server closed the connection"};
  return {};
}

// Nothing can wake a thread that looks a name up or connects, and nothing is to be undone but the
// terminal: so the process ends, and that thread with it.
void ChatClient::abandon(const Ending& ending) {
  output_.end_typing();
  terminal_.restore();
  if (!ending.reason.empty()) std::cerr << program_name() << ": " << ending.reason << std::endl;
  link_.abandon(exit_status(ending.outcome));
}

}  // namespace chat
