#include "chat/client/chat_client.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "chat/base/deadline.hpp"
#include "chat/base/environment.hpp"
#include "chat/base/program_name.hpp"
#include "chat/base/safe_file.hpp"
#include "chat/base/text.hpp"
#include "chat/client/habits.hpp"
#include "chat/ui/server_line.hpp"
#include "chat/wire/command_table.hpp"
#include "chat/wire/protocol.hpp"

namespace chat {
namespace {

Terminal::Wanted wanted(const ClientOptions& options) {
  if (options.json || !options.send.empty()) return Terminal::Wanted::kNoScreen;
  return options.plain ? Terminal::Wanted::kPlain : Terminal::Wanted::kScreen;
}

ScreenOptions screen_options(const ClientOptions& options, bool plain) {
  const bool wants_none = plain || !environment("NO_COLOR").empty();
  const bool color = options.color.value_or(!wants_none);
  const Palette palette = palette_of(environment("TERM"), environment("COLORTERM"));
  ScreenOptions result{
      {options.time, color, options.bell, palette}, options.status, options.host, {}};
  if (options.port != kDefaultPort) result.room += ":" + std::to_string(options.port);
  if (!options.send.empty()) result.output = Output::kNothing;
  if (options.json) result.output = Output::kJson;
  return result;
}

constexpr std::string_view kAnotherName = "another name? ";

constexpr std::string_view kUnknownPing = "unknown command /ping";

// Lines for the client's last words.
std::string not_said(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text +=
        (text.empty() ? "not said: " : "\n" + program_name() + ": not said: ") + neutralised(line);
  }
  return text;
}

bool is_quit(std::string_view line) {
  const auto command = protocol::parse_command(line);
  return command && lowercase(command->name) == "/quit";
}

std::string password_in_file(const ClientOptions& options) {
  // A saved file stays: nobody else may read it.
  if (options.password_file_is_saved) {
    (void)open_regular(options.password_file, O_RDONLY | O_CLOEXEC, Others::kNothing);
  }
  return first_line_of(options.password_file, kMaxPassword + 2, kPasswordFileWait);
}

// The name in user,password.
std::string name_in(const std::string& credentials) {
  return credentials.substr(0, credentials.find(','));
}

// The same with the line end that the wire has.
bool is_line(std::string_view text, std::string_view of_protocol) {
  return text == of_protocol.substr(0, of_protocol.size() - 1);
}

}  // namespace

ChatClient::ChatClient(const ClientOptions& options)
    : options_(options),
      terminal_(wanted(options)),
      screen_(terminal_, screen_options(options, terminal_.is_plain())),
      hiding_(settings_file()),
      coming_in_(options.take_over ? protocol::Mode::kResume : options.mode, options.name,
                 options.host.starts_with(kUnix)),
      typed_(kMaxUnterminated, kMaxUnterminated),
      answers_left_(options.mode ? 0 : 2) {
  if (!options.log.empty()) log_file_.emplace(options.log);
  if (options.history && terminal_.has_screen()) {
    typed_lines_.emplace(options.room.empty() ? options.host + ":" + std::to_string(options.port)
                                              : options.room);
    screen_.remember(typed_lines_->load());
  }
}

ChatClient::~ChatClient() { join_receiver(); }

void ChatClient::run() {
  begin();
  receiver_ = std::thread([this] { receive(); });
  while (!finished_) {
    const auto socket = socket_to_send();
    const auto due = earliest({key_due_, deadline_, answer_due()});
    const auto ready = terminal_.wait(may_read(), socket ? &socket->descriptor() : nullptr, due);
    silent_ = deadline_ && Clock::now() >= *deadline_;
    if (silent_) break;
    handle(ready);
  }
  if (!connected_ && !finished_) fail("no connection in time");
  join_receiver();
  screen_.end_typing();
  judge();
}

// The password, where there is a file with it; the first question, where there is not.
void ChatClient::begin() {
  if (options_.mode) {
    screen_.set_own_name(options_.name, options_.mode == protocol::Mode::kLogin);
    const bool in_file = !options_.password_file.empty() && options_.password_file != "-";
    if (in_file) return answer(password_in_file(options_));
    if (!options_.password.empty()) return answer(options_.password);
    asks_password_ = !terminal_.has_screen();
  }
  screen_.ask(coming_in_.question());
  if (asks_password_ && terminal_.input_is_terminal()) std::cerr << coming_in_.question().prompt;
}

void ChatClient::handle(const Terminal::Ready& ready) {
  if (ready.output_closed) fail("standard output was closed");
  if (ready.stopped) screen_.suspend(Terminal::Stop::kProcess);
  if (ready.continued) screen_.continued();
  if (ready.resized) screen_.resized();
  if (ready.ended || (echoed_ && !left_)) leave();
  if (ready.sending) send_outgoing();
  if (ready.input) {
    take_input();
  } else if (key_due_ && Clock::now() >= *key_due_) {
    screen_.lapse_key();
    take_events();
  }
  look_after_connection();
  take_leave_when_all_is_sent();
}

// The socket thread.

void ChatClient::receive() {
  try {
    connect();
    receive_lines();
    blame_proxy();
    if (takes_over()) {
      connect();
      receive_lines();
    }
    for (unsigned failed = 0; goes_on(); ++failed) {
      if (was_in_ && in_room_) failed = 0;
      if (come_back(failed)) receive_lines();
    }
  } catch (...) {
    failure_ = std::current_exception();  // for the thread of run(), which can restore the terminal
  }
  finished_ = true;
  terminal_.wake();
}

// Whether the user, who is online elsewhere, goes on here: waits for the answer, unless it is there
// already, and prepares it.
bool ChatClient::takes_over() {
  MutexLock lock(mutex_);
  if (was_in_ || asked_ == Asked::kNothing) return false;
  while (asked_ == Asked::kTakeOver && !ending_) changed_.wait(lock);
  if (ending_) return false;
  if (asked_ != Asked::kAgreed) refuse(protocol::text_of(protocol::kAlreadyIn));
  asked_ = Asked::kNothing;
  socket_.reset();
  connected_ = false;
  const std::string name = name_in(credentials_);
  catching_up_ = CatchingUp();
  catching_up_.set_own_name(name);
  catching_up_.send("resume\n" + credentials_ + "\n");
  return true;
}

// By the program that is the way, where there is one: a new one each time.
std::shared_ptr<Socket> ChatClient::new_connection() {
  if (options_.proxy_command.empty()) {
    return std::make_shared<Socket>(Socket::connect(options_.host, options_.port, answered_));
  }
  std::shared_ptr<ProxyCommand> old;
  {
    MutexLock lock(mutex_);
    old.swap(proxy_);
  }
  old.reset();  // which may take a while
  MutexLock lock(mutex_);
  // Nobody abandons one that has begun and is not known yet.
  proxy_ = std::make_shared<ProxyCommand>(options_.proxy_command);
  return std::make_shared<Socket>(proxy_->take_socket());
}

// Where the user did not come in because of it: what it says is why.
void ChatClient::blame_proxy() {
  if (was_in_ || left_) return;
  std::shared_ptr<ProxyCommand> proxy;
  {
    MutexLock lock(mutex_);
    proxy = proxy_;
  }
  const std::string words = proxy ? proxy->last_words() : "";
  if (words.empty()) return;
  const bool has_asked = words.find("Permission denied (") != std::string::npos ||
                         words.find("Host key verification failed") != std::string::npos;
  throw std::runtime_error("cannot connect to " + options_.host + ": " + words +
                           (options_.ssh.empty() || !has_asked
                                ? ""
                                : " It cannot ask here: first make `ssh " + options_.ssh +
                                      "` work without a question."));
}

void ChatClient::connect() {
  connection_ = new_connection();
  std::string first;
  {
    MutexLock lock(mutex_);
    socket_ = connection_;
    if (was_in_) first = catching_up_.resumption(credentials_);
  }
  // So little goes into the empty buffer of a new connection without waiting.
  if (!first.empty()) (void)connection_->send_all(first);
  connected_ = true;
  if (ending_) return connection_->shutdown();  // the other thread saw it too late
  if (!was_in_) screen_.set_connection("connected", true);
  terminal_.wake();
}

// Whether it should: not where the user has gone, or the input has ended and all of it came back.
bool ChatClient::goes_on() {
  if (!options_.reconnect || !was_in_ || left_ || ending_) return false;
  MutexLock lock(mutex_);
  if (credentials_.empty()) return false;
  if (!input_ended_) return true;
  return !terminal_.has_screen() && !released_ && !catching_up_.all_heard();
}

void ChatClient::lose() {
  connected_ = false;
  in_room_ = tagged_ = released_ = goodbye_ = lost_ = false;
  std::string_view news;
  {
    MutexLock lock(mutex_);
    if (!socket_) return;
    socket_.reset();
    reset_seen_ = false;
    news = catching_up_.lose();
    took_leave_ = false;
    liveness_.end();
    pings_ = 0;
  }
  {
    MutexLock asking(asking_);
    answers_ = true;
  }
  show_waiting();
  if (!news.empty()) tell(news);
}

// One try, after a while. False: it has failed, or is not wanted any more.
bool ChatClient::come_back(unsigned failed) {
  if (failed == 0 && !terminal_.has_screen()) {
    std::cerr << program_name() << ": the connection was lost; coming back" << std::endl;
  }
  lose();
  terminal_.wake();
  if (!wait_to_come_back(failed)) return false;
  screen_.set_connection("connection lost, try " + std::to_string(failed + 1), false);
  try {
    connect();
  } catch (const std::runtime_error&) {
    return false;
  }
  return true;
}

bool ChatClient::wait_to_come_back(unsigned failed) {
  const auto due = Clock::now() + reconnect_wait(failed, static_cast<std::uint32_t>(random_()));
  {
    MutexLock lock(mutex_);
    while (asked_ == Asked::kName && !ending_) changed_.wait(lock);
  }
  while (goes_on()) {
    const auto left = due - Clock::now();
    if (left <= Clock::duration::zero()) return true;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
    screen_.set_connection("reconnecting in " + std::to_string(seconds.count()) + " s", false);
    MutexLock lock(mutex_);
    if (!ending_) changed_.wait_until(lock, due - (seconds - std::chrono::seconds(1)));
  }
  return false;
}

void ChatClient::receive_lines() {
  LineReader reader(kMaxServerLine, kMaxUnterminated);
  while (true) {
    const IoResult result = receive_some(reader);
    if (result.io == Io::kWouldBlock) continue;
    if (result.io != Io::kDone) {
      MutexLock lock(mutex_);
      lost_ = result.io == Io::kFailed || reset_seen_;
      break;
    }
    reader.received(result.bytes);
    take_sign_of_life();
    std::vector<ServerLine> shown;
    while (const auto line = reader.next()) take_line(*line, shown);
    if (waits_) show_waiting();
    show(shown);
    if (reader.overflowed()) throw std::runtime_error("the server sends no lines");
  }
  std::vector<ServerLine> shown;
  // A tagged line that lacks its end was cut off.
  if (const auto line = reader.rest(); line && !tagged_) take_line(*line, shown);
  show(shown);
  screen_.show_folded();
}

// Blocks until something comes, or something folded is due and has been shown.
IoResult ChatClient::receive_some(LineReader& reader) {
  const auto due = screen_.fold_due();
  if (!due) return connection_->receive(reader.space());
  const IoResult result = connection_->receive_until(reader.space(), *due);
  if (Clock::now() >= *due) screen_.show_folded();
  return result;
}

// Adds to `shown` what is to be shown of the line, and follows what it says about this user.
void ChatClient::take_line(const LineReader::Line& line, std::vector<ServerLine>& shown) {
  if (line.too_long) throw std::runtime_error("the server sent a line that is too long");
  const std::string text = sanitised(line.text);
  tagged_ = tagged_ || is_tagged(text);
  ServerLine parsed = parse_server_line(text);
  if (is_pong(parsed)) return;
  const bool error = parsed.kind == ServerLine::Kind::kError;
  const bool elsewhere = is_line(parsed.plain, protocol::kResumedElsewhere);
  // An earlier connection of this client's own, whose request came late: one more try.
  if (elsewhere && Clock::now() < came_back_ + kLateArrival) return;
  if (error && (!in_room_ || protocol::is_final(parsed.text))) {
    if (was_in_ && protocol::is_passing(parsed.text)) return;
    if (!was_in_ && terminal_.has_screen() &&
        parsed.text == protocol::text_of(protocol::kAlreadyIn)) {
      return ask(Asked::kTakeOver);
    }
    if (was_in_ && lacks_its_name(parsed.text)) return ask_for_name(parsed.text);
    // On a screen the refusal is read where it stays, below the restored terminal, and only there.
    if (!terminal_.has_screen()) shown.push_back(parsed);
    show(shown);
    refuse(parsed.text);
  }
  if (!in_room_ && parsed.kind == ServerLine::Kind::kOnline) enter_room();
  if (is_line(parsed.plain, protocol::kShuttingDown)) goodbye_ = true;
  const bool shows = follow(parsed);
  if (!shows || parsed.kind == ServerLine::Kind::kUnknown) return;
  if (!in_room_ && was_in_) return;  // the greeting is for who comes
  if (terminal_.has_screen()) {      // where prompts ask for what the server asks for
    if (is_line(parsed.plain, protocol::kAskCredentials)) return;
    if (is_line(parsed.plain, protocol::kWelcome)) {
      parsed.text = parsed.text.substr(0, parsed.text.find('.'));
    }
  }
  parsed.hidden = hiding_.hides(parsed, own_name());
  shown.push_back(std::move(parsed));
}

void ChatClient::enter_room() {
  in_room_ = true;
  if (was_in_) {
    came_back_ = Clock::now();
    screen_.set_connection("connected", true);
  } else {
    screen_.enter_room();
    if (terminal_.has_screen()) show_own(hiding_.summary());
  }
  was_in_ = true;
  const auto more = std::uniform_int_distribution<std::int64_t>(0, kSilenceSpread.count())(random_);
  MutexLock lock(mutex_);
  catching_up_.enter();
  liveness_.begin(Clock::now(), kSilence + std::chrono::milliseconds(more));
  terminal_.wake();  // to look after it from now on
}

void ChatClient::take_sign_of_life() {
  {
    MutexLock lock(mutex_);
    liveness_.heard(Clock::now());
  }
  show_liveness();
}

void ChatClient::show_liveness() {
  MutexLock asking(asking_);
  bool answers = true;
  {
    MutexLock lock(mutex_);
    if (!socket_) return;
    answers = !liveness_.waits_for_answer();
  }
  if (std::exchange(answers_, answers) == answers) return;
  screen_.set_connection(answers ? "connected" : "no answer", answers);
}

// The answer to a /ping of the client's own; a server that does not know it says so.
bool ChatClient::is_pong(const ServerLine& line) {
  const bool refused = line.kind == ServerLine::Kind::kError && line.text.starts_with(kUnknownPing);
  const bool pong = is_line(line.plain, protocol::kPong) || refused;
  MutexLock lock(mutex_);
  if (!pong || pings_ == 0) return false;
  --pings_;
  liveness_.heard_all();
  return true;
}

// False: it is not to be shown.
bool ChatClient::follow(ServerLine& line) {
  const bool tool = !options_.send.empty() && in_room_;
  if (tool && line.kind == ServerLine::Kind::kError) throw std::runtime_error(line.text);
  MutexLock lock(mutex_);
  const std::string name = name_in(credentials_);
  const bool own = folded_name(line.from) == folded_name(name);
  if (own && line.kind == ServerLine::Kind::kLeave && !line.replayed) released_ = true;
  if (const auto password = catching_up_.changed_password(line)) remember(name + "," + *password);
  const bool shown = catching_up_.take(line);
  if (catching_up_.all_heard()) liveness_.heard_all();
  if (tool && !credentials_.empty() && catching_up_.all_heard()) echoed_ = true;
  if (echoed_ || input_ended_ || !catching_up_.outgoing().empty()) terminal_.wake();
  return shown;
}

// A log that takes no more is given up: the talk goes on.
void ChatClient::show(const std::vector<ServerLine>& lines) {
  try {
    std::vector<std::string> plain;
    for (const ServerLine& line : lines) {
      if (!line.hidden) plain.push_back(plain_line(line));
    }
    if (log_file_) log_file_->append(plain, std::chrono::system_clock::now());
  } catch (const std::system_error& error) {
    log_file_.reset();
    tell(error.what());
  }
  screen_.show(lines);
}

void ChatClient::tell(std::string_view news) {
  screen_.remark(news);
  if (!terminal_.has_screen()) std::cerr << program_name() << ": " << news << std::endl;
}

void ChatClient::ask(Asked what) {
  {
    MutexLock lock(mutex_);
    asked_ = what;
  }
  if (what == Asked::kTakeOver) {
    screen_.confirm("you are online already: go on here, and end it there?");
  } else {
    screen_.ask({std::string(kAnotherName), LineEditor::Mask::kNone, false});
  }
}

// Somebody else has it: with another password, or by an account.
bool ChatClient::lacks_its_name(std::string_view refusal) {
  MutexLock lock(mutex_);
  return registered_ && (refusal == protocol::text_of(protocol::kWrongCredentials) ||
                         refusal == protocol::text_of(protocol::kNameUsed));
}

// Lines that were not said under the old name are dropped: the new name does not say them.
void ChatClient::ask_for_name(const std::string& refusal) {
  std::vector<std::string> lines;
  std::string name;
  {
    MutexLock lock(mutex_);
    name = name_in(credentials_);
    lines = catching_up_.forget_unsaid();
  }
  const std::string news = refusal + ": somebody else has taken the name " + name + " meanwhile";
  if (!terminal_.has_screen()) {
    throw std::runtime_error(news + (lines.empty() ? "" : "; ") + not_said(lines));
  }
  show_waiting();
  screen_.remark(news);
  for (const std::string& line : lines) screen_.remark("not said: " + neutralised(line));
  ask(Asked::kName);
}

void ChatClient::refuse(std::string_view reason) {
  std::string text(reason);
  const std::string_view advice = advice_after(reason);
  if (!advice.empty()) text.append("\n" + program_name() + ": ").append(advice);
  throw std::runtime_error(text);
}

// Shows lines of the client's own like lines of the server.
void ChatClient::show_own(const std::vector<std::string>& lines) {
  std::vector<ServerLine> shown;
  for (const std::string& line : lines) shown.push_back(parse_server_line(line));
  screen_.show(shown);
}

std::string ChatClient::own_name() {
  MutexLock lock(mutex_);
  return name_in(credentials_);
}

void ChatClient::show_waiting() {
  if (!terminal_.has_screen()) return;
  MutexLock asking(asking_);
  std::vector<std::string> lines;
  {
    MutexLock lock(mutex_);
    if (was_in_) lines = catching_up_.unsaid();
  }
  waits_ = !lines.empty();
  screen_.set_waiting(lines);
}

// The thread of run().

// On a screen keys are always read: Ctrl+C is one.
bool ChatClient::may_read() {
  if (terminal_.has_screen()) return input_open_;
  MutexLock lock(mutex_);
  return input_open_ && catching_up_.outgoing().size() < kMaxPending &&
         catching_up_.unheard_bytes() < kMaxUnheard;
}

std::optional<Clock::time_point> ChatClient::answer_due() {
  MutexLock lock(mutex_);
  return liveness_.due();
}

// Pings a server that does not answer, and later gives the connection up. Unread input counts as an
// answer: a terminal that takes no output may hold the socket thread up.
void ChatClient::look_after_connection() {
  auto act = Liveness::Act::kNothing;
  {
    MutexLock lock(mutex_);
    const auto now = Clock::now();
    if (!catching_up_.all_heard()) liveness_.said(now);
    const auto due = liveness_.due();
    if (due && *due <= now && socket_ && socket_->has_input()) liveness_.heard(now);
    act = liveness_.act(now);
    if (act == Liveness::Act::kAsk) {
      catching_up_.send(std::string(protocol::kPing) + "\n");
      ++pings_;
    }
    if (act == Liveness::Act::kLost && socket_) {
      liveness_.end();
      reset_seen_ = true;
      socket_->shutdown();
    }
  }
  if (act == Liveness::Act::kAsk) show_liveness();
}

// Nothing: there is nothing to send, or nowhere to.
std::shared_ptr<Socket> ChatClient::socket_to_send() {
  MutexLock lock(mutex_);
  return connected_ && !catching_up_.outgoing().empty() ? socket_ : nullptr;
}

void ChatClient::take_input() {
  if (terminal_.has_screen()) {
    take_keys();
  } else {
    take_bytes();
  }
}

void ChatClient::take_keys() {
  std::array<char, 4096> keys;
  const auto count = terminal_.read(keys);
  if (!count) {
    input_open_ = false;
    return end_input();
  }
  screen_.type({keys.data(), *count});
  take_events();
}

void ChatClient::take_events() {
  while (const auto event = screen_.next_event()) {
    switch (event->kind) {
      case LineEditor::Event::Kind::kLine:
        take_typed(*event);
        break;
      case LineEditor::Event::Kind::kPasteAgreed:
        take_pasted(event->text);
        break;
      case LineEditor::Event::Kind::kEndOfInput:
        if (may_leave()) end_input();
        break;
      case LineEditor::Event::Kind::kInterrupt:
        if (may_leave()) leave();
        break;
      case LineEditor::Event::Kind::kConfirmed:
        if (!take_answer(Asked::kAgreed)) leave();
        break;
      case LineEditor::Event::Kind::kDeclined:
        (void)take_answer(Asked::kDeclined);
        break;
      case LineEditor::Event::Kind::kSuspend:
        screen_.suspend(Terminal::Stop::kJob);
        break;
      default:
        break;  // the screen has shown it
    }
  }
  key_due_.reset();
  if (screen_.is_key_unfinished()) key_due_ = Clock::now() + kKeyPatience;
}

// To the question whether to take over. False: that was not asked.
bool ChatClient::take_answer(Asked answer) {
  MutexLock lock(mutex_);
  if (asked_ != Asked::kTakeOver) return false;
  asked_ = answer;
  changed_.notify_all();
  return true;
}

// False: none was asked for.
bool ChatClient::take_name(const std::string& name) {
  {
    MutexLock lock(mutex_);
    if (asked_ != Asked::kName) return false;
    if (is_name(name)) {
      credentials_.replace(0, credentials_.find(','), name);
      catching_up_.set_own_name(name);
      asked_ = Asked::kNothing;
      changed_.notify_all();
    }
  }
  if (!is_name(name)) {
    screen_.remark("that is no name");
    return true;
  }
  screen_.set_own_name(name, false);
  screen_.ask({});
  return true;
}

// All of it, or nothing; none of its lines is a command.
void ChatClient::take_pasted(std::string_view text) {
  if (input_ended_ || left_) return;
  bool full = false;
  {
    MutexLock lock(mutex_);
    full = catching_up_.unheard_bytes() >= kMaxUnheard;
    while (!full && !text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      catching_up_.type(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }
  if (full) screen_.remark("not sent: too much waits for the server already");
  show_waiting();
}

// After the end only Ctrl+C still has a meaning.
void ChatClient::take_typed(const LineEditor::Event& typed) {
  if (input_ended_ || left_) return;
  if (typed.secret) return take_password_answer(typed.text);
  const std::string line = coming_in_.sent() ? in_own_words(typed.text) : typed.text;
  if (!is_quit(line) && take_name(line)) return;
  if (!coming_in_.sent()) return is_quit(line) ? leave() : answer(line);
  if (typed_lines_) typed_lines_->add(line);
  if (is_quit(line) && !connected_) return may_leave() ? leave() : void();
  if (take_password_command(line) || take_own_command(line)) return;
  if (is_meant(line)) say(line);
}

// Not what only another chat understands, unless it is typed once more.
bool ChatClient::is_meant(const std::string& line) {
  if (const std::string_view why = nothing_here(line); !why.empty()) {
    screen_.remark(why);
    return false;
  }
  const bool again = std::exchange(correction_, is_correction(line) ? line : "") == line;
  if (correction_.empty() || again) return true;
  screen_.remark("not sent: that corrects nothing here; typed once more it is said");
  return false;
}

void ChatClient::say(const std::string& line) {
  bool full = false;
  {
    MutexLock lock(mutex_);
    full = catching_up_.unheard_bytes() >= kMaxUnheard;
    if (!full) catching_up_.type(line);
  }
  left_ = is_quit(line);  // then it is no failure that the server closes the connection
  if (full) screen_.remark("not sent: too much waits for the server already");
  show_waiting();
}

// Begins to ask for the passwords of a command, or says why not. Returns false where `line` is
// another line, or the user has no account: the server refuses that.
bool ChatClient::take_password_command(const std::string& line) {
  const auto command = protocol::parse_secret_command(line);
  if (!command || (command->is_of_account() && !is_name(command->account))) return false;
  {
    MutexLock lock(mutex_);
    if (registered_) return false;
  }
  if (!was_in_) {
    screen_.remark("not sent: first come in");
  } else if (!password_questions_.begin(line, PasswordQuestions::NewPassword::kTwice)) {
    screen_.remark("not sent: type " + std::string(command->head) +
                   " alone: you are asked for passwords, and nobody sees them");
  } else {
    ask_for_password();
  }
  return true;
}

void ChatClient::ask_for_password() {
  LineEditor::Question question;
  if (password_questions_.asks()) {
    question = {password_questions_.question() + " ", LineEditor::Mask::kAll, false, true};
  }
  screen_.ask(question);
}

void ChatClient::take_password_answer(const std::string& text) {
  if (!password_questions_.asks()) return;
  const PasswordQuestions::Outcome outcome = password_questions_.answer(text);
  if (!outcome.remark.empty()) screen_.remark(outcome.remark);
  ask_for_password();
  if (!outcome.line.empty()) say(outcome.line);
}

// Does what the client does by itself. False: `line` is for the server, too.
bool ChatClient::take_own_command(std::string_view line) {
  const auto command = protocol::parse_command(line);
  if (!command) return false;
  if (lowercase(command->name) == "/clear") {
    screen_.clear();
    return true;
  }
  if (lowercase(command->name) != "/help") {
    const auto answer = hiding_.take(line, own_name());
    show_own(answer);
    return !answer.empty();
  }
  std::vector<std::string> rows;
  for (const CommandEntry& entry : command_table()) {
    const bool asked = command->arguments.empty() || &entry == find_help(command->arguments);
    if (asked && entry.access == Access::kClient) rows.push_back(help_row(entry));
  }
  show_own(rows);
  return !rows.empty() && !command->arguments.empty();
}

// An answer on the way in.
void ChatClient::answer(std::string_view line) {
  const ComingIn::Answer answer = coming_in_.take(line);
  if (!answer.remark.empty()) {
    if (!terminal_.has_screen()) fail(answer.remark);
    screen_.remark(answer.remark);
  }
  {
    MutexLock lock(mutex_);
    catching_up_.send(answer.to_send);
    std::string_view sent = answer.to_send;
    if (coming_in_.sent()) {
      sent.remove_suffix(1);
      registered_ = coming_in_.mode() == protocol::Mode::kRegister;
      remember(sent.substr(sent.rfind('\n') + 1));
      for (const std::string& text : options_.send) {
        catching_up_.type((text.starts_with('/') ? "/" : "") + text);
      }
    }
  }
  screen_.set_own_name(coming_in_.name(), coming_in_.mode() != protocol::Mode::kRegister);
  screen_.ask(coming_in_.question());
  if (!coming_in_.sent() || options_.send.empty()) return;
  input_open_ = false;
  // The room takes several lines a second from one who talks.
  deadline_ = Clock::now() + kEchoWait + std::chrono::seconds(options_.send.size());
}

// What to come back with.
void ChatClient::remember(std::string_view credentials) {
  std::string reason;
  const auto parsed = protocol::parse_credentials(credentials, reason, true);
  if (!parsed) return;  // the server will say so
  credentials_ = credentials;
  catching_up_.set_own_name(parsed->name);
}

// Without a screen the lines go on as they are.
void ChatClient::take_bytes() {
  std::array<char, 4096> buffer;
  const auto count = terminal_.read(buffer);
  if (!count) {
    if (asks_password_) fail("no password: the input has ended");
    input_open_ = false;
    if (const auto line = typed_.rest()) take_piped(*line);
    return end_input();
  }
  std::string_view bytes(buffer.data(), *count);
  if (asks_password_) bytes = take_password(bytes);
  if (!left_ && input_open_) pass_on(bytes);
  if (quit_) {
    input_open_ = false;
    end_input();
  }
}

// Gives what follows the password's line.
std::string_view ChatClient::take_password(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size());
  password_ += bytes.substr(0, end);
  if (end == bytes.size()) {
    if (password_.size() > kMaxLine) fail("no password: the line has no end");
    return {};
  }
  if (password_.ends_with('\r')) password_.pop_back();
  asks_password_ = false;
  answer(std::exchange(password_, {}));
  return bytes.substr(end + 1);
}

void ChatClient::pass_on(std::string_view bytes) {
  while (!bytes.empty() && !quit_) {
    const auto space = typed_.space();
    const std::size_t taken = bytes.copy(space.data(), space.size());
    typed_.received(taken);
    bytes.remove_prefix(taken);
    while (const auto line = typed_.next()) {
      if (!quit_) take_piped(*line);
    }
    if (typed_.overflowed()) fail("the input has a line without end");
  }
}

void ChatClient::take_piped(const LineReader::Line& line) {
  if (line.too_long) fail("the input has a line without end");
  if (answers_left_ == 0) return take_piped_talk(line.text);
  MutexLock lock(mutex_);
  quit_ = is_quit(line.text);
  catching_up_.send(line.text);
  catching_up_.send("\n");
  if (lowercase(trimmed(line.text)) == protocol::kTagCommand) return;
  if (--answers_left_ == 0) return remember(line.text);
  registered_ = protocol::parse_mode(line.text) == protocol::Mode::kRegister;
}

// Passwords are on the lines behind their command: the new one once, or twice.
void ChatClient::take_piped_talk(std::string_view line) {
  std::string text(line);
  if (password_questions_.asks()) {
    const PasswordQuestions::Outcome outcome = password_questions_.answer(line);
    if (!outcome.remark.empty()) tell(outcome.remark);
    if (outcome.line.empty()) return;
    text = outcome.line;
  } else if (password_questions_.is_repeated(line) ||
             password_questions_.begin(line, PasswordQuestions::NewPassword::kOnce) ||
             take_own_command(line)) {
    return;
  }
  MutexLock lock(mutex_);
  quit_ = is_quit(text);
  catching_up_.type(text);
}

// The server gets what was typed so far, and then end of file; it answers, and closes.
void ChatClient::end_input() {
  input_ended_ = true;
  if (password_questions_.asks()) tell("the input has ended: nothing was changed");
  screen_.end_typing();
  if (!connected_ && terminal_.has_screen()) leave();
  take_leave_when_all_is_sent();
  MutexLock lock(mutex_);
  changed_.notify_all();
}

// Asks once, and lists the lines, where leaving would leave some unsaid.
bool ChatClient::may_leave() {
  std::vector<std::string> lines;
  {
    MutexLock lock(mutex_);
    if (was_in_) lines = catching_up_.unsaid();
  }
  if (lines.empty() || lines == asked_about_) return true;
  asked_about_ = lines;
  for (const std::string& line : lines) screen_.remark("not said: " + neutralised(line));
  screen_.confirm("leave without saying that?");
  return false;
}

// Logs out: the server sees the end of our input and closes. Whoever insists does not wait for it.
void ChatClient::leave() {
  if (!connected_ && !finished_) {
    std::string reason = terminal_.has_screen() ? "" : "ended before coming in";
    {
      MutexLock lock(mutex_);
      if (was_in_) reason = not_said(catching_up_.unsaid());
    }
    abandon(reason);
  }
  const bool again = left_ && deadline_.has_value();
  deadline_ = Clock::now() + (again ? Clock::duration::zero() : kLeaveWait);
  left_ = true;
  MutexLock lock(mutex_);
  if (was_in_) unsaid_ = catching_up_.unsaid();
  const bool between_lines = catching_up_.outgoing().empty();
  catching_up_.sent(catching_up_.outgoing().size());
  if (!socket_) return;
  if (proxy_ && between_lines && was_in_) (void)socket_->send_some("/quit\n");
  socket_->shutdown_write();
}

void ChatClient::send_outgoing() {
  MutexLock lock(mutex_);
  const std::string& bytes = catching_up_.outgoing();
  if (!socket_ || bytes.empty()) return;
  const IoResult result = socket_->send_some(bytes);
  if (result.io == Io::kWouldBlock) return;
  // A connection that is gone takes no more. The kernel tells one thread only that it was reset.
  if (result.io == Io::kFailed) reset_seen_ = true;
  catching_up_.sent(result.io == Io::kFailed ? bytes.size() : result.bytes);
}

// A program that is the way may not pass the end on: the server is told in the conversation.
void ChatClient::take_leave_when_all_is_sent() {
  if (!input_ended_ || !connected_) return;
  MutexLock lock(mutex_);
  if (!socket_ || !catching_up_.all_sent()) return;
  if (!proxy_ || credentials_.empty()) return socket_->shutdown_write();
  if (std::exchange(took_leave_, true)) return;
  catching_up_.send("/quit\n");
  terminal_.wake();
}

void ChatClient::join_receiver() {
  if (!receiver_.joinable()) return;
  {
    MutexLock lock(mutex_);
    ending_ = true;
    if (socket_) socket_->shutdown();  // wakes it where it receives
    changed_.notify_all();             // where it waits to come back
  }
  terminal_.stop_output();  // and where it writes
  receiver_.join();
}

void ChatClient::judge() {
  if (!was_in_ && left_ && terminal_.has_screen()) return;
  if (failure_) std::rethrow_exception(failure_);
  if (!was_in_) {
    if (input_ended_ && terminal_.has_screen()) return;
    throw std::runtime_error(left_ || input_ended_
                                 ? "ended before coming in"
                                 : "the server closed the connection before you were in");
  }
  if (!options_.send.empty() && !echoed_) {
    throw std::runtime_error("the text did not come back from the room");
  }
  if (left_ && silent_) {
    MutexLock lock(mutex_);
    unsaid_ = catching_up_.unsaid(true);
  }
  if (!unsaid_.empty()) throw std::runtime_error(not_said(unsaid_));
  if (left_ || quit_ || goodbye_) return;
  if (lost_) throw std::runtime_error("the connection to the server broke");
  if (!input_ended_) throw std::runtime_error("the server closed the connection");
}

void ChatClient::fail(const std::string& reason) {
  if (receiver_.joinable() && !connected_ && !finished_) abandon(reason);
  throw std::runtime_error(reason);
}

// Nothing can wake a thread that looks a name up or connects, and nothing is to be undone but the
// terminal: so the process ends, and that thread with it.
void ChatClient::abandon(std::string_view reason) {
  screen_.end_typing();
  terminal_.restore();
  MutexLock lock(mutex_);  // to the end: no other program is begun meanwhile
  if (proxy_) proxy_->interrupt();
  if (!reason.empty()) std::cerr << program_name() << ": " << reason << std::endl;
  std::_Exit(reason.empty() ? 0 : 1);
}

}  // namespace chat
