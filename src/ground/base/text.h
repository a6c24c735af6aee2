// Small things with strings that the standard library leaves out.
#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ixian::base {

// What is read as text may have so many bytes.
inline constexpr std::size_t kMostText = 1 << 20;

// The pieces between separators; always at least one. The views point into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

// The pieces of a string that is about to go would point nowhere.
template <std::same_as<std::string> T>
std::vector<std::string_view> split(T&& text, char separator) = delete;

std::string join(const std::vector<std::string_view>& parts, std::string_view separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// Without white space at both ends.
std::string_view trim(std::string_view text);

// ASCII letters only, whatever the locale; other bytes stay.
std::string to_lower(std::string_view ascii);
std::string to_upper(std::string_view ascii);

// Those of `candidates` that someone who typed `typed` may have meant, best first, at most three.
std::vector<std::string> suggestions(std::string_view typed, const std::vector<std::string>& candidates);

// " (did you mean a or b?)", or "" where nothing is near or `typed` is too long to be a slip of the finger.
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates);

// "1 tag", "2 tags", "0 tags"; `many` where that is not `one` with an s.
std::string counted(std::size_t count, std::string_view one, std::string_view many = "");

// Splits a command as a POSIX shell splits words: quotes and backslashes, no expansion of any kind.
// nullopt-like: false where a quote is left open, and `words` is then unspecified.
bool split_words(std::string_view command, std::vector<std::string>& words);

// A word as it must be typed into a shell.
std::string shell_quote(std::string_view word);

// A name that can be shown and stored as UTF-8: valid UTF-8 as it is, any other byte and control characters
// as \xNN, a backslash as \\. Different names stay different.
std::string printable_path(std::string_view path);

// The bytes that printable_path() was given.
std::string from_printable_path(std::string_view text);

// "Permission denied" for EACCES.
std::string errno_text(int error_number);

}  // namespace ixian::base
