// Passwords as salted yescrypt hashes. All of the cryptography is libcrypt's; see crypt(5).
// Thread safe: nothing is kept. Every hash takes some ten milliseconds of processor time and
// megabytes of memory, on purpose: call from outside every lock, and bound how many run at a time.
#pragma once

#include <string>
#include <string_view>

namespace chat {

// A new hash, with a salt of its own. Throws std::system_error where libcrypt refuses: the password
// holds a NUL or more than 511 bytes, or memory is short.
std::string hash_password(std::string_view password);

// Whether `hash` was made of `password`. False where libcrypt fails, too.
bool verify_password(std::string_view password, const std::string& hash);

// Looks at every byte of `guess` whatever the first ones say, so that the time taken does not tell
// how many of them were right.
bool equal_in_constant_time(std::string_view secret, std::string_view guess);

// Whether `hash` has the form of a yescrypt hash.
bool is_password_hash(std::string_view hash);

// Something that keeps verify_password() as busy as a hash does and matches no password: for names
// that have no hash, so that the time an answer takes does not tell them apart.
std::string decoy();                            // of the cost of a new hash
std::string decoy_like(std::string_view hash);  // of the cost of `hash`

}  // namespace chat
