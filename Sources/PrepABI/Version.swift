// The names are those of prep.h.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CPrepABI
import Pipeline

@c @implementation public func prep_abi_version() -> Int32 { PREP_ABI_VERSION }

private let version = CText(prepVersion)

@c @implementation public func prep_version() -> UnsafePointer<CChar>? { unsafe version.pointer }
