#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace respgres::proxy {

// Names of the keys that the proxy keeps beside a mapped key, in the same Redis Cluster slot.
//   respgres:l:...  the lease: who may store the fill under way
//   respgres:n:...  the tombstone: the query returned no row
// Slots (Redis Cluster specification, "Hash tags"): a key with a non-empty {tag} hashes by the tag only. So the name carries the key's own tag if it
// has one; the key itself as the tag if that contains no '}'; else a short tag that was chosen to fall into the key's slot.
std::string lease_name(std::string_view key);
std::string tombstone_name(std::string_view key);

// The set of the keys that a mapping has filled, for changes that concern all of them:
//   respgres:g:MAPPING
std::string registry_name(std::string_view mapping);

// The mapped key that a lease's or tombstone's name belongs to.
std::optional<std::string_view> key_of_side_key(std::string_view name);

// The glob that finds all names of both kinds.
inline constexpr std::string_view side_key_glob = "respgres:[ln]:*";

// CRC16 (XMODEM) modulo 16384 of the key or its tag.
unsigned cluster_slot(std::string_view key);

}  // namespace respgres::proxy
