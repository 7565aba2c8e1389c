// The names are those of prep.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CPrepABI

@c @implementation public func prep_abi_version() -> Int32 { PREP_ABI_VERSION }
