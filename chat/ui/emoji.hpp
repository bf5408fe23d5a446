// The names of emoji, as other chats have them between colons: for Tab. Each is one character that
// is two columns wide in every terminal. Pure.
#pragma once

#include <array>
#include <string_view>

namespace chat {

struct Emoji {
  std::string_view name;
  std::string_view character;
};

// By name.
inline constexpr std::array kEmoji = {
    Emoji{"angry", "😠"},
    Emoji{"beer", "🍺"},
    Emoji{"beers", "🍻"},
    Emoji{"blush", "😊"},
    Emoji{"boom", "💥"},
    Emoji{"bug", "🐛"},
    Emoji{"bulb", "💡"},
    Emoji{"cake", "🍰"},
    Emoji{"cat", "🐱"},
    Emoji{"clap", "👏"},
    Emoji{"clown", "🤡"},
    Emoji{"confused", "😕"},
    Emoji{"construction", "🚧"},
    Emoji{"cool", "😎"},
    Emoji{"cry", "😢"},
    Emoji{"dog", "🐶"},
    Emoji{"eyes", "👀"},
    Emoji{"facepalm", "🤦"},
    Emoji{"fire", "🔥"},
    Emoji{"ghost", "👻"},
    Emoji{"gift", "🎁"},
    Emoji{"grin", "😁"},
    Emoji{"handshake", "🤝"},
    Emoji{"heart", "💖"},
    Emoji{"heart_eyes", "😍"},
    Emoji{"hourglass", "⏳"},
    Emoji{"hug", "🤗"},
    Emoji{"hundred", "💯"},
    Emoji{"joy", "😂"},
    Emoji{"key", "🔑"},
    Emoji{"kiss", "😘"},
    Emoji{"laughing", "😆"},
    Emoji{"lock", "🔒"},
    Emoji{"moon", "🌙"},
    Emoji{"muscle", "💪"},
    Emoji{"neutral", "😐"},
    Emoji{"ok_hand", "👌"},
    Emoji{"package", "📦"},
    Emoji{"party", "🥳"},
    Emoji{"pizza", "🍕"},
    Emoji{"poop", "💩"},
    Emoji{"pray", "🙏"},
    Emoji{"question", "❓"},
    Emoji{"rage", "😡"},
    Emoji{"raised_hands", "🙌"},
    Emoji{"robot", "🤖"},
    Emoji{"rocket", "🚀"},
    Emoji{"rofl", "🤣"},
    Emoji{"rotating_light", "🚨"},
    Emoji{"scream", "😱"},
    Emoji{"see_no_evil", "🙈"},
    Emoji{"shrug", "🤷"},
    Emoji{"skull", "💀"},
    Emoji{"sleeping", "😴"},
    Emoji{"slight_smile", "🙂"},
    Emoji{"smile", "😄"},
    Emoji{"smirk", "😏"},
    Emoji{"sob", "😭"},
    Emoji{"sparkles", "✨"},
    Emoji{"star", "⭐"},
    Emoji{"sweat_smile", "😅"},
    Emoji{"tada", "🎉"},
    Emoji{"tea", "🍵"},
    Emoji{"thinking", "🤔"},
    Emoji{"thumbsdown", "👎"},
    Emoji{"thumbsup", "👍"},
    Emoji{"unicorn", "🦄"},
    Emoji{"wave", "👋"},
    Emoji{"wink", "😉"},
    Emoji{"yum", "😋"},
    Emoji{"zap", "⚡"},
};

}  // namespace chat
