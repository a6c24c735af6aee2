// expand() for a word that has a place.
#pragma once

#include "base/source_text.h"
#include "dockerfile/expand.h"

namespace ixian::dockerfile {

// Throws Error at the place in the word where expanding it failed.
inline Expansion expand_word(const base::Word& word, const VariableLookup& lookup, const ExpandMode& mode,
                             const base::Source& source) {
  try {
    return expand(word.text, lookup, mode);
  } catch (const ExpandError& error) {
    base::Position at = word.at;
    for (std::size_t i = 0; i < error.offset() && i < word.text.size(); ++i) {
      if ((static_cast<unsigned char>(word.text[i]) & 0xc0) != 0x80) ++at.column;
    }
    throw source.error(at, error.what());
  }
}

}  // namespace ixian::dockerfile
